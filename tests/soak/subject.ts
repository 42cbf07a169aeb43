// Makes the calls, within the process or the Worker that is tested. Imports nothing but the packed package.
import { type Client, type ClientEvent, createClient, isAuthError } from "pay4power-auth";
import {
  type Call,
  CLIENTS,
  DEADLINE_MS,
  type End,
  type Outcome,
  paymentOf,
  queryOf,
  REQUEST_TIMEOUT_MS,
  TIMEOUT_MS,
  TURN_MS,
} from "./calls.ts";

export interface SubjectSettings {
  readonly origin: string;
  /** The beginning of the names of this subject's clients: another one after each restart. */
  readonly name: string;
  readonly publicKey: string;
  readonly privateKey: string;
}

/** One event and one error of so many are printed, so that the orchestrator can search them for secrets. */
const PRINTED_OF = 50;

const realNow = Date.now;
let aheadMs = 0;
Date.now = () => realNow() + aheadMs;

/** Sets the wall clock of this subject ahead, as a suspension does. */
export function jump(ms: number): void {
  aheadMs += ms;
}

/** What the subject itself saw that must not happen. */
export const notes: string[] = [];

const platformFetch = globalThis.fetch;
// Looks at each request on its way: the service alone can't tell a token that ended from one that was under way.
globalThis.fetch = (input, init) => {
  const authorization = new Headers(init?.headers).get("Authorization");
  if (authorization !== null && realNow() >= endOf(authorization) + TURN_MS) {
    notes.push(`a token was sent ${realNow() - endOf(authorization)} ms after its end`);
  }
  return platformFetch(input, init);
};

let lastRead = { authorization: "", endsAtMs: 0 };

/** Returns the end of a token by the service's clock. */
function endOf(authorization: string): number {
  if (authorization !== lastRead.authorization) {
    const payload = (authorization.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const { exp } = JSON.parse(atob(payload)) as { exp: number };
    lastRead = { authorization, endsAtMs: exp * 1_000 };
  }
  return lastRead.endsAtMs;
}

/** A client, and how often it said why it makes no replay. */
interface Watched {
  readonly client: Client;
  excuses: number;
}

let printed = 0;

/** Prints one of so many values, for the orchestrator's search for secrets. */
function print(value: unknown): void {
  if (printed++ % PRINTED_OF === 0) {
    // V8 keeps the printed objects of a Worker for its inspector, and texts only as texts.
    const isWorkers = navigator.userAgent === "Cloudflare-Workers";
    const { stack } = value as { readonly stack?: string };
    console.log(isWorkers ? `${JSON.stringify(value)} ${value} ${stack}` : value);
  }
}

export class Subject {
  readonly #clients: Watched[];

  constructor({ origin, name, publicKey, privateKey }: SubjectSettings) {
    this.#clients = Array.from({ length: CLIENTS }, (_, index) => {
      const onEvent = (event: ClientEvent) => {
        print(event);
        if (["replay.withheld", "exchange.failure", "cooldown.start"].includes(event.type)) {
          watched.excuses += 1;
        }
      };
      const client = createClient({
        publicKey,
        privateKey,
        tokenUrl: `${origin}/token/${name}-${index}`,
        baseUrl: `${origin}/api`,
        timeoutMs: TIMEOUT_MS,
        deadlineMs: DEADLINE_MS,
        requestTimeoutMs: REQUEST_TIMEOUT_MS,
        onEvent,
      });
      const watched: Watched = { client, excuses: 0 };
      return watched;
    });
  }

  /** Begins an exchange, and does not wait for it. */
  leave({ client: index }: Call): void {
    const { client } = this.#watched(index);
    client.invalidate();
    void client.getToken().catch(() => {});
  }

  /** Makes a call. Never rejects. */
  async run(call: Call): Promise<Outcome> {
    const watched = this.#watched(call.client);
    const { excuses } = watched;
    const beganMs = realNow();
    const end = await this.#endOf(call, watched.client);
    const atMs = realNow();
    const { retryAtMs, lastFailure } = watched.client.state();
    const isReplayExcused = watched.excuses > excuses || retryAtMs !== null || lastFailure !== null;
    return { id: call.id, end, atMs, tookMs: atMs - beganMs, isReplayExcused };
  }

  #watched(index: number): Watched {
    const watched = this.#clients[index];
    if (watched === undefined) {
      throw new Error(`expected a client below ${CLIENTS}, found ${index}`);
    }
    return watched;
  }

  async #endOf(call: Call, client: Client): Promise<End> {
    const controller = call.cancelMs === undefined ? undefined : new AbortController();
    const reason = new Error("the caller cancels");
    const timer = setTimeout(() => controller?.abort(reason), call.cancelMs ?? 0);
    if (controller === undefined) {
      clearTimeout(timer);
    }
    try {
      const options = controller ? { signal: controller.signal } : {};
      return await (call.kind === "token"
        ? askToken(client, options)
        : send(call, client, options));
    } catch (error) {
      if (isAuthError(error)) {
        print(error);
        return { type: "auth error", code: error.code };
      }
      if (error === reason) {
        return { type: "cancelled" };
      }
      return error instanceof DOMException && error.name === "TimeoutError"
        ? { type: "time-out" }
        : { type: "rejected", text: String(error) };
    } finally {
      clearTimeout(timer);
    }
  }
}

async function askToken(client: Client, options: { signal?: AbortSignal }): Promise<End> {
  const token = await client.getToken(options);
  return { type: "token", jti: token.claims?.jti ?? "none", leftMs: token.expiresInMs() };
}

async function send(call: Call, client: Client, options: { signal?: AbortSignal }): Promise<End> {
  const post = {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: paymentOf(call.id),
  };
  const path = call.id % 2 === 0 ? "/vend" : `/orders/${call.id}`;
  const init = call.kind === "post" ? { ...post, ...options } : options;
  const answer = await client.fetch(`${path}?${queryOf(call)}`, init);
  const { status } = answer;
  try {
    const text = await answer.text();
    return { type: "answer", status, echo: /answer to \d+/.exec(text)?.[0] ?? "" };
  } catch {
    // The platform reads the body: workerd rejects with a copy of the signal's reason.
    return options.signal?.aborted ? { type: "cancelled" } : { type: "broken body", status };
  }
}
