// The Worker of worker/, with the packed package, in a real workerd with a real Durable Object.
import { join } from "node:path";
import type { Readable } from "node:stream";
import { Miniflare } from "miniflare";
import { KEYS } from "../../sandbox/service.ts";
import { build } from "../../scripts/build.ts";
import { makeConsumer } from "../../scripts/consumer.ts";
import { root } from "../../scripts/project.mjs";
import { bundleWorker, type Module } from "../../scripts/workerd.ts";

/** The files of worker/ that a team copies, without installed packages. */
export const WORKER_FILES: Record<string, string> = Object.fromEntries(
  [
    ...["src", "assets/.assetsignore", "dev.mjs", ".dev.vars.example"],
    ...["tsconfig.json", "bindings.d.ts", "wrangler.jsonc"],
  ].map((file) => [file, join(root, "worker", file)]),
);

export const SECRETS = {
  PAY4POWER_PUBLIC_KEY: KEYS.publicKey,
  PAY4POWER_PRIVATE_KEY: KEYS.privateKey,
};

export interface Backend {
  readonly url: URL;
  /** Deploys the Worker again, with other bindings. The storage of its Durable Object stays. */
  deploy(bindings: Record<string, string>): Promise<void>;
  /** Returns the log so far. */
  logs(): string;
  /** Stops the Worker, and returns its log. */
  close(): Promise<string>;
}

/** Makes a project like a team's copy of worker/. Hono and jose come from this repository. Returns its folder. */
export async function copyBackend(name: string): Promise<string> {
  return makeConsumer(join(root, "target", "consumers", name), await build(), WORKER_FILES);
}

export async function bundleBackend(entry = "index.ts"): Promise<Module[]> {
  return bundleWorker(join(await copyBackend("backend"), "src", entry));
}

/** Starts the Worker, with the folder of its static files if it has one. */
export async function startBackend(
  modules: Module[],
  bindings: Record<string, string>,
  assets?: string,
): Promise<Backend> {
  const logs: string[] = [];
  const optionsWith = (values: Record<string, string>) => ({
    host: "127.0.0.1",
    port: 0,
    modules,
    compatibilityDate: "2026-07-01",
    bindings: values,
    ...(assets !== undefined && {
      assets: { directory: assets, routerConfig: { has_user_worker: true } },
    }),
    durableObjects: { COORDINATOR: { className: "TokenCoordinator", useSQLite: true } },
    handleRuntimeStdio: (...streams: Readable[]) => {
      for (const stream of streams) {
        stream.on("data", (chunk: Buffer) => logs.push(String(chunk)));
      }
    },
  });
  const worker = new Miniflare(optionsWith(bindings));
  let url = await worker.ready;
  return {
    get url() {
      return url;
    },
    async deploy(values) {
      await worker.setOptions(optionsWith(values));
      url = await worker.ready;
    },
    logs: () => logs.join(""),
    async close() {
      await worker.dispose();
      return logs.join("");
    },
  };
}
