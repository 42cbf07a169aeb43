// Many Workers, as isolates in many places are, and one Durable Object, in a real workerd.
import { join } from "node:path";
import { Miniflare } from "miniflare";
import type { Token } from "pay4power-auth";
import { KEYS } from "../../sandbox/service.ts";
import { build } from "../../scripts/build.ts";
import { makeConsumer } from "../../scripts/consumer.ts";
import { root } from "../../scripts/project.mjs";
import { bundleWorker } from "../../scripts/workerd.ts";

/** What an isolate says when it was asked for a token. */
export interface Asked {
  /** Its `jti`. */
  readonly token?: string;
  readonly value?: string;
  readonly claims?: Token["claims"];
  readonly correlationId?: string;
  readonly isExpired?: boolean;
  /** How long before the service ends it. */
  readonly endsEarlyMs?: number;
  readonly code?: string;
  readonly retryAfterMs?: number | null;
  /** Whether it was at hand. */
  readonly atOnce: boolean;
  readonly ms?: number;
}

export interface NetworkOptions {
  readonly tokenUrl: string;
  readonly baseUrl: string;
  readonly isolates: number;
  /** Where the object's storage is kept when all of it ends. */
  readonly persist?: string;
  readonly secrets?: Record<string, string>;
  /** Whether the object asks for its keys, and gets good ones the second time only. */
  readonly rotates?: boolean;
  /** The object's `refreshAhead`. */
  readonly refreshAhead?: number;
  /** Whether it is the build that can be made to trap. */
  readonly canTrap?: boolean;
  readonly compatibilityDate?: string;
  readonly compatibilityFlags?: readonly string[];
}

export interface Network {
  /** Asks an isolate, or its object: what begins with `/object` is for that. */
  get<Answer>(isolate: number, path: string): Promise<Answer>;
  status(isolate: number, path: string): Promise<number>;
  close(): Promise<void>;
}

const DISPATCHER = `
export default {
  fetch(request, env) {
    return env[new URL(request.url).pathname.split("/")[1]].fetch(request);
  }
}`;

export async function startNetwork(options: NetworkOptions): Promise<Network> {
  const features = options.canTrap ? ["trap"] : [];
  const folder = join(root, "target", "consumers", ["network", ...features].join("-"));
  const files = { "worker.ts": join(root, "tests", "support", "edge-worker.ts") };
  const consumer = makeConsumer(folder, await build(...features), files);
  const modules = await bundleWorker(join(consumer, "worker.ts"));
  const names = Array.from({ length: options.isolates }, (_, index) => `isolate-${index}`);
  const common = {
    modules,
    compatibilityDate: options.compatibilityDate ?? "2026-07-01",
    compatibilityFlags: [...(options.compatibilityFlags ?? [])],
  };
  const keys = { PAY4POWER_PUBLIC_KEY: KEYS.publicKey, PAY4POWER_PRIVATE_KEY: KEYS.privateKey };
  const network = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    ...(options.persist === undefined ? {} : { durableObjectsPersist: options.persist }),
    workers: [
      {
        name: "dispatcher",
        modules: true,
        script: DISPATCHER,
        serviceBindings: Object.fromEntries(names.map((name) => [name, name])),
      },
      {
        name: "coordinator",
        ...common,
        bindings: {
          ...(options.secrets ?? keys),
          PAY4POWER_TOKEN_URL: options.tokenUrl,
          ...(options.rotates && { ROTATED: KEYS }),
          ...(options.refreshAhead && { REFRESH_AHEAD: String(options.refreshAhead) }),
        },
        durableObjects: { COORDINATOR: { className: "Coordinator", useSQLite: true } },
      },
      ...names.map((name) => ({
        name,
        ...common,
        bindings: { BASE_URL: options.baseUrl },
        durableObjects: { COORDINATOR: { className: "Coordinator", scriptName: "coordinator" } },
      })),
    ],
  });
  const url = await network.ready;
  const send = (isolate: number, path: string) =>
    fetch(new URL(`/isolate-${isolate}${path}`, url), { signal: AbortSignal.timeout(40_000) });
  return {
    get: async (isolate, path) => (await send(isolate, path)).json() as never,
    status: async (isolate, path) => {
      const { status, body } = await send(isolate, path);
      await body?.cancel();
      return status;
    },
    close: () => network.dispose(),
  };
}
