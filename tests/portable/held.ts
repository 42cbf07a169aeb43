// A call that the test holds back at any one point, so that it can do something there.
import type { Client, ClientOptions, TokenStore } from "pay4power-auth";
import { type Script, scripted, type World } from "./harness.ts";
import { clientOf, withTimersHeld } from "./make.ts";

const HOUR: Script = { lifetimeS: 3_600 };
const FINE: Script = { body: "fine" };

/** The points of an exchange alone. */
export const EXCHANGE_POINTS = ["the head", "the body", "the wait"] as const;
/** The points of a call that waits for a token. */
export const TOKEN_POINTS = ["the keys", "the read", ...EXCHANGE_POINTS, "the write"] as const;
/** The points of a request after its first token. */
export const REQUEST_POINTS = ["the request", "the second exchange", "the replay"] as const;

export type Point = (typeof TOKEN_POINTS)[number] | (typeof REQUEST_POINTS)[number];

/** How often a payment has arrived when its call is held there. */
export const sentAt = (point: Point): number =>
  ({ "the request": 1, "the second exchange": 1, "the replay": 2 })[point as "the replay"] ?? 0;

/** Whether the payment is refused with a 401 first. */
export const isReplayed = (point: Point): boolean =>
  point === "the second exchange" || point === "the replay";

/** The wait that a `Retry-After` asks for. No other timer has this time. */
const WAIT_S = 7;

/** What a call passes once, when the test opens it. */
export function gate() {
  let open = () => {};
  let arrive = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const reached = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const pass = (): Promise<void> => {
    arrive();
    return opened;
  };
  return { reached, open, pass };
}

/** Rejects as soon as `signal` aborts, as the platform's fetch does. No test counts this listener. */
function unlessAborted<Value>(signal: AbortSignal, value: Promise<Value>): Promise<Value> {
  const aborted = new Promise<never>((_, reject) => {
    const leave = () => reject(signal.reason);
    AbortSignal.prototype.addEventListener.call(signal, "abort", leave);
  });
  aborted.catch(() => {});
  return Promise.race([aborted, value]);
}

/** The same answer, whose body ends when the gate is open. */
async function withBodyHeld(answer: Response, pass: () => Promise<void>): Promise<Response> {
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const parts = [bytes.subarray(0, 10), bytes.subarray(10)];
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const [part] = parts.splice(0, 1);
        if (parts.length === 0) {
          await pass();
        }
        controller.enqueue(part as Uint8Array);
        if (parts.length === 0) {
          controller.close();
        }
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(stream, { status: answer.status });
}

export interface Held {
  readonly client: Client;
  /** Options for `authenticate`, which has no store and no manager. */
  readonly options: Pick<ClientOptions, "tokenUrl"> & { readonly fetch: typeof fetch };
  /** Where the payment goes, and how often it has arrived. */
  readonly paymentUrl: string;
  payments(): Promise<number>;
  /** How often the service was asked for a token. */
  exchanges(): Promise<number>;
  /** The signals of the requests so far. */
  readonly signals: readonly AbortSignal[];
  /** The reasons of the client's events so far. */
  reasons(): readonly unknown[];
  /** Waits until a call is held. */
  reached(): Promise<void>;
  /** Lets it go on. */
  release(): void;
}

interface Mode {
  /** Whether its `fetch` heeds its signal. */
  readonly heeds: boolean;
  readonly options?: Partial<ClientOptions>;
}

/** Runs `run` with a client whose calls are held at `point`, once. */
export async function withHeld(
  world: World,
  point: Point,
  { heeds, options = {} }: Mode,
  run: (held: Held) => Promise<void>,
): Promise<void> {
  const { pass, reached, open } = gate();
  const passAt = (here: Point) => (here === point ? pass() : undefined);
  const service = scripted(world, HOUR);
  const api = scripted(world, isReplayed(point) ? { inTurn: [{ status: 401 }, FINE] } : FINE);
  const values = new Map<string, string>();
  const store: TokenStore = {
    async get(key) {
      await passAt("the read");
      return values.get(key) ?? null;
    },
    async set(key, value) {
      await passAt("the write");
      values.set(key, value);
    },
    async delete(key) {
      values.delete(key);
    },
  };
  const { publicKey, privateKey } = world;
  const credentials = async () => {
    await passAt("the keys");
    return { publicKey, privateKey };
  };
  const signals: AbortSignal[] = [];
  let exchanges = 0;
  let payments = 0;
  const answerOf = async (url: string, init: RequestInit): Promise<Response> => {
    // Browsers count a listener of the platform too.
    const answer = await fetch(url, { ...init, signal: null });
    if (url === service.url) {
      exchanges += 1;
      await passAt(exchanges === 1 ? "the head" : "the second exchange");
      return point === "the body" && exchanges === 1 ? withBodyHeld(answer, pass) : answer;
    }
    if (url === api.url) {
      payments += 1;
      await passAt(payments === 1 ? "the request" : "the replay");
    }
    return answer;
  };
  let isRefused = point === "the wait";
  const own = (async (url: string, init: RequestInit) => {
    const signal = init.signal as AbortSignal;
    signals.push(signal);
    if (isRefused) {
      isRefused = false;
      return new Response(null, { status: 503, headers: { "Retry-After": String(WAIT_S) } });
    }
    const answer = answerOf(url, init);
    return heeds && signal ? unlessAborted(signal, answer) : answer;
  }) as typeof fetch;
  const given = { tokenUrl: service.url, fetch: own };
  const { client, events } = clientOf(world, HOUR, {
    ...given,
    store,
    credentials,
    baseUrl: world.scriptUrl,
    ...options,
  });
  const calls = async (of: typeof service) => (await of.calls()).length;
  try {
    await withTimersHeld(WAIT_S * 1_000, async ({ running, ring }) => {
      await run({
        client,
        options: given,
        paymentUrl: api.url,
        payments: () => calls(api),
        exchanges: () => calls(service),
        signals,
        reasons: () => events.map(({ reason }) => reason),
        async reached() {
          if (point !== "the wait") {
            return reached;
          }
          while (running() === 0) {
            await new Promise((resolve) => setTimeout(resolve, 0));
          }
        },
        release: point === "the wait" ? ring : open,
      });
    });
  } finally {
    client.close();
  }
}
