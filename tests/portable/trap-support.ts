// What the cases of traps are made with.
import { expect } from "chai";
import type { AuthError, AuthenticateOptions, Client, Token } from "pay4power-auth";
import { tellingInstances } from "./entries.ts";
import { type Case, jwt, type Script, scripted, type World } from "./harness.ts";
import { pause } from "./make.ts";
import { expectHidden } from "./shown.ts";

export const HOUR: Script = { lifetimeS: 3_600 };
export const TWO_HOURS: Script = { lifetimeS: 7_200 };
export const WANTED = "PAY4POWER_TRAP";

interface Host {
  [WANTED]?: string;
  gc?(): void;
  addEventListener?(name: string, listener: (event: Event) => void): void;
  removeEventListener?(name: string, listener: (event: Event) => void): void;
  readonly process?: {
    on?(name: string, listener: (reason: unknown) => void): void;
    off?(name: string, listener: (reason: unknown) => void): void;
  };
}
export const host = globalThis as unknown as Host;
/** Those of 2023 tell of every body that was aborted while it was read, whoever handles that. */
export const isOldWorkers = typeof WeakRef === "undefined";
export const isEdgeRuntime = "EdgeRuntime" in host;

/** What `call` ends in, with a trap at `place`, which must have been sprung by then. */
export async function trapping<Value>(place: string, call: () => Value): Promise<Awaited<Value>> {
  host[WANTED] = place;
  try {
    return await call();
  } finally {
    const isSprung = !(WANTED in host);
    delete host[WANTED];
    expect(isSprung, `trapped at ${place}`).to.equal(true);
  }
}

/** Has the core trap, in a call that has nothing to do with any client. */
export const trap = (world: World, how = "") =>
  trapping(`decodeClaims${how}`, () => expectDefect(world, thrown(world.lib.decodeClaims)));

export function thrown(decodeClaims: World["lib"]["decodeClaims"]): unknown {
  try {
    decodeClaims("token");
  } catch (error) {
    return error;
  }
  return undefined;
}

export function expectDefect({ lib, privateKey }: World, error: unknown): void {
  expect(lib.isAuthError(error), String(error)).to.equal(true);
  expect(error).to.be.instanceOf(lib.AuthError);
  expect(error).to.include({ code: "P4P_INTERNAL", retryable: false, status: null });
  const { cause } = error as AuthError;
  expect(cause).not.to.be.instanceOf(TypeError); // the trap itself, and no mistake that it led to
  expectHidden(error, privateKey);
}

export function expectDefectOr(world: World, error: AuthError, codes: readonly string[]): void {
  if (!codes.includes(error.code)) {
    expectDefect(world, error);
  }
}

/** What is thrown while it runs, and a moment longer, that nobody catches. */
export async function uncaughtWhile(run: () => Promise<void> | void): Promise<string[]> {
  const uncaught: string[] = [];
  const onReason = (reason: unknown) => {
    if (!(isOldWorkers && (reason as Error).name === "AbortError")) {
      uncaught.push(String(reason));
    }
  };
  const onEvent = (event: Event) => {
    event.preventDefault?.(); // the edge runtime has no more than the reason
    const { reason, error } = event as PromiseRejectionEvent & ErrorEvent;
    onReason(reason ?? error);
  };
  // The edge runtime of Next.js has a process of Node whose functions throw.
  const process = isEdgeRuntime ? undefined : host.process;
  const events = ["error", "unhandledrejection"];
  const ofNode = ["uncaughtException", "unhandledRejection"];
  for (const name of events) {
    host.addEventListener?.(name, onEvent);
  }
  for (const name of ofNode) {
    process?.on?.(name, onReason);
  }
  try {
    await run();
    await pause(20);
  } finally {
    for (const name of events) {
      host.removeEventListener?.(name, onEvent);
    }
    for (const name of ofNode) {
      process?.off?.(name, onReason);
    }
  }
  return uncaught;
}

/** Has the garbage collected, where a test can have that. */
export async function collected(): Promise<void> {
  for (let times = 0; times < 2; times++) {
    host.gc?.();
    await pause(20);
  }
}

/** The memories of the instances that are made while it runs: whether each is still there. */
export async function memoriesMadeBy(run: () => Promise<void>): Promise<(() => boolean)[]> {
  const { Instance } = WebAssembly;
  const memories: (() => boolean)[] = [];
  WebAssembly.Instance = class extends Instance {
    constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
      super(module, imports);
      for (const value of Object.values(this.exports)) {
        if (value instanceof WebAssembly.Memory) {
          const memory = host.gc && new WeakRef(value);
          memories.push(() => memory?.deref() !== undefined);
        }
      }
    }
  };
  try {
    await run();
  } finally {
    WebAssembly.Instance = Instance;
  }
  return memories;
}

/** Tells `enter` of every call into the core, by its name: where that throws, the core has trapped. */
export async function withEntries(
  world: World,
  enter: (name: string) => void,
  run: () => Promise<void>,
): Promise<void> {
  const { Instance } = WebAssembly;
  WebAssembly.Instance = tellingInstances(enter);
  try {
    await trap(world); // so that another instance is made
    await run();
  } finally {
    WebAssembly.Instance = Instance;
    await trap(world);
  }
}

/** Has `ring` be told of the core's timers, with what they ring: some must be set. */
export async function withTimersOfCore(
  ring: (callback: () => void, ms: number) => unknown,
  run: () => Promise<void>,
): Promise<void> {
  const { setTimeout } = globalThis;
  let ofCore = 0;
  globalThis.setTimeout = ((callback: () => void, ms = 0, ...given: []) => {
    if (!("_wbg_cb_unref" in callback)) {
      return setTimeout(callback, ms, ...given);
    }
    ofCore += 1;
    return ring(callback, ms);
  }) as typeof setTimeout;
  try {
    await run();
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  expect(ofCore).to.be.above(0);
}

export const keys = (world: World, script: Script): AuthenticateOptions => ({
  publicKey: world.publicKey,
  privateKey: world.privateKey,
  tokenUrl: scripted(world, script).url,
  ...(world.browser && { dangerouslyAllowBrowser: true }),
});

/** Forgets how long the token is fresh, so that the next call asks the lifecycle. */
export function askedAnew(client: Client): Promise<Token> {
  client.reset();
  return client.getToken();
}

/** A `fetch` that does as the service would, with no network. */
export const answers = (status: number, body: object) => () =>
  Promise.resolve(new Response(JSON.stringify(body), { status }));

export function accepts(): Promise<Response> {
  const iat = Math.floor(Date.now() / 1_000);
  const token = jwt({ iat, exp: iat + 3_600, environment: "TEST" });
  return answers(200, { success: true, data: { token, expiresAt: iat + 3_600 } })();
}

export const silent = () => new Promise<Response>(() => {});

/** The cases, each of which fails when something is thrown that nobody catches. */
export const seen = (cases: readonly Case[]): readonly Case[] =>
  cases.map(({ name, run }) => ({
    name,
    async run(world: World) {
      const uncaught = await uncaughtWhile(() => run(world));
      expect(uncaught, uncaught.join()).to.deep.equal([]);
    },
  }));
