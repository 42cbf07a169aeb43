// What the cases are made with: options, clients of a scripted service, time and failures.
import { expect } from "chai";
import type {
  AuthError,
  AuthenticateOptions,
  ClientEvent,
  ClientOptions,
  ClientOptionsWithCredentials,
} from "pay4power-auth";
import { pause, type Script, scripted, type World } from "./harness.ts";

export { pause };

/** What an exchange with the sandbox is made with. */
export const good = (world: World): AuthenticateOptions => ({
  publicKey: world.publicKey,
  privateKey: world.privateKey,
  tokenUrl: world.tokenUrls[0],
  ...(world.browser && { dangerouslyAllowBrowser: true }),
});

/** An event with whatever members one may have. */
type AnyEvent = Pick<ClientEvent, "type" | "atMs"> & {
  readonly exchangeId?: number;
  readonly reason?: string;
  readonly attempt?: number;
  readonly correlationId?: string;
  readonly durationMs?: number;
  readonly circuit?: "closed" | "open";
};

/** The options of a client, with keys or with `credentials`. */
export type AnyOptions = Partial<ClientOptions> &
  Partial<Pick<ClientOptionsWithCredentials, "credentials">>;

/** A client of a scripted service, what it told, and what the service was asked. */
export function clientOf(
  world: World,
  script: Script,
  { credentials, ...options }: AnyOptions = {},
) {
  const service = scripted(world, script);
  const events: AnyEvent[] = [];
  const { publicKey, privateKey } = world;
  const client = world.lib.createClient({
    ...(credentials ? { credentials } : { publicKey, privateKey }),
    tokenUrl: service.url,
    onEvent: (event) => events.push(event),
    ...(world.browser && { dangerouslyAllowBrowser: true }),
    ...options,
  });
  return {
    client,
    events,
    types: () => events.map(({ type }) => type),
    exchanges: async () => (await service.calls()).length,
    /** Waits until the service was asked that often. */
    asked: (times = 1) => arrived(service, times),
    release: service.release,
  };
}

/** An hour's token is due for a refresh by then, wherever its refresh point lies. */
export const DUE_MS = 50 * 60_000;

/** Waits until a scripted address was called that often. */
export const arrived = (
  service: Pick<ReturnType<typeof scripted>, "calls">,
  times = 1,
): Promise<void> => eventually(async () => (await service.calls()).length >= times);

/** Leaves connections that the next request of `send` can use. */
export async function leaveConnections(
  world: World,
  send: typeof fetch,
  init: RequestInit = {},
): Promise<void> {
  const { url } = scripted(world, { body: "warm", keepsConnection: true });
  await pause(0); // undici lets go of a connection in the next turn
  await Promise.all([1, 2, 3].map(async () => (await send(url, { ...init })).text()));
  await pause(0);
}

/** Waits for what takes as long as the machine needs. */
export async function eventually(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await isSo()); tries++) {
    expect(tries, String(isSo)).to.be.below(600);
    await pause(50);
  }
}

/** What a promise rejects with. */
export const failure = (promise: Promise<unknown>): Promise<AuthError> =>
  promise.then(
    () => expect.fail("expected a failure"),
    (reason: unknown) => reason as AuthError,
  );

/** What `authenticate` rejects with: an error of the package. It may not throw, and may not succeed. */
export async function exchangeFailure(world: World, options: unknown): Promise<AuthError> {
  const error = await failure(world.lib.authenticate(options as AuthenticateOptions));
  expect(world.lib.isAuthError(error), String(error)).to.equal(true);
  expect(error).to.be.instanceOf(world.lib.AuthError).and.instanceOf(Error);
  return error;
}

/** Both clocks are ahead by that much; Workers have one only. */
export async function withClocksAhead(byMs: () => number, run: () => Promise<void>): Promise<void> {
  const monotonic = performance.now.bind(performance);
  performance.now = () => monotonic() + byMs();
  try {
    await withWallClock(byMs, run);
  } finally {
    performance.now = monotonic;
  }
}

/**
 * The clocks stand still but for what `run` moves them by: no time passes unasked. The monotonic clock moves
 * as the wall clock does, unless it is told otherwise. Both stand at a whole millisecond, so that no difference of two
 * instants is rounded.
 */
export async function withClocksHeld(
  run: (move: (wallMs: number, monotonicMoveMs?: number) => void) => Promise<void>,
): Promise<void> {
  const { now } = Date;
  const monotonic = performance.now;
  let [wallMs, monotonicMs] = [now(), Math.ceil(monotonic.call(performance))];
  Date.now = () => wallMs;
  performance.now = () => monotonicMs;
  try {
    await run((ms, monotonicMoveMs = ms) => {
      wallMs += ms;
      monotonicMs += monotonicMoveMs;
    });
  } finally {
    Date.now = now;
    performance.now = monotonic;
  }
}

export async function withWallClock(
  shiftMs: () => number,
  run: () => Promise<void>,
): Promise<void> {
  const { now } = Date;
  Date.now = () => now() + shiftMs();
  try {
    await run();
  } finally {
    Date.now = now;
  }
}

interface Timers {
  /** How many are running. */
  running(): number;
  /** Lets them ring now. */
  ring(): void;
}

/** Timers of `heldMs` ring when the test says so. */
export async function withTimersHeld(
  heldMs: number,
  run: (timers: Timers) => Promise<void>,
): Promise<void> {
  const { setTimeout, clearTimeout } = globalThis;
  const held = new Map<unknown, () => void>();
  const hold = (ring: (...given: unknown[]) => void, ms = 0, ...given: unknown[]) => {
    if (ms !== heldMs) {
      return setTimeout(ring, ms, ...given);
    }
    const id = {};
    held.set(id, () => ring(...given));
    return id;
  };
  globalThis.setTimeout = hold as typeof setTimeout;
  globalThis.clearTimeout = (id) => {
    if (!held.delete(id)) {
      clearTimeout(id);
    }
  };
  try {
    await run({
      running: () => held.size,
      ring() {
        for (const ring of held.values()) {
          ring();
        }
      },
    });
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout });
  }
}

/**
 * Whether this is one of the builds of undici that fail when a 401 answers a stream
 * (https://github.com/nodejs/undici/issues/4910). They get no stream, and fail after a 421.
 */
export function failsAfterStream(): boolean {
  const { process } = globalThis as { process?: { versions?: { undici?: string } } };
  return /^(7\.(19|2[0-4])|8\.[01])\./.test(process?.versions?.undici ?? "");
}
