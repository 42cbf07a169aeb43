// What a runtime runs: no test framework, only promises and chai, so that it works everywhere.
import type * as Library from "pay4power-auth";
import type { WireStep } from "./wire.ts";

/** `trap` wants the package built with the feature of that name. */
export type Suite = "portable" | "secrets" | "trap" | "faults";

/** Where everything is. Plain data: it reaches a runtime as JSON. */
export interface Places {
  readonly suite: Suite;
  /** The sandbox's two token addresses. */
  readonly tokenUrls: readonly string[];
  /** Where the sandbox's other endpoints are. */
  readonly baseUrl: string;
  /** Where the sandbox is told what to do. */
  readonly controlUrl: string;
  readonly publicKey: string;
  readonly privateKey: string;
  /** The script server. */
  readonly scriptUrl: string;
  /** Another one, which no key and no token may reach. */
  readonly otherUrl: string;
  /** Where core.wasm of the package is, for whoever streams it. */
  readonly coreUrl: string;
  /** The package's version. */
  readonly version: string;
  /** Whether cases that are `load` are left out. */
  readonly light: boolean;
  /** Whether every call meets every fault. Otherwise the calls take turns. */
  readonly thorough: boolean;
  /** Whether the runtime is a page, which must be told that it is trusted. */
  readonly browser: boolean;
}

export interface World extends Places {
  readonly lib: typeof Library;
}

/** How a script server's address answers. */
export interface Script {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  /** `$BODY` in it stands for the request's body when `fault` is `echo`. */
  readonly body?: string;
  /** The answer waits for `release` of its address. */
  readonly held?: true;
  /** The connection can be used again. */
  readonly keepsConnection?: true;
  readonly delayMs?: number;
  /**
   * `silent`: no answer at all; `stall`: half a body and then nothing; `reset`: the connection
   * breaks before the headers; `break`: in the middle of the body; `flood`: 4 MiB of blanks.
   */
  readonly fault?: "silent" | "stall" | "reset" | "break" | "flood" | "echo";
  /** Answers with a new token of that life. */
  readonly lifetimeS?: number;
  /** What is written to the connection, in place of all of the above. */
  readonly wire?: readonly WireStep[];
  /** The answer comes before the request's body is read. */
  readonly early?: true;
  /** The first call is answered with the first of these, the last one goes on for ever. */
  readonly inTurn?: readonly Script[];
}

export interface Case {
  readonly name: string;
  /** Many calls or many seconds: where the same runtime runs all cases anyway, it is left out. */
  readonly load?: true;
  run(world: World): Promise<void>;
}

export interface Result {
  readonly name: string;
  /** Why it failed; nothing when it passed. */
  readonly error?: string;
  /** How often it was run again, since the machine had stood still. */
  readonly repeated?: number;
}

/** What a runtime brings back. */
export interface Report {
  readonly results: readonly Result[];
  /** How long loading the library took, where that can be measured. */
  readonly importMs?: number;
  /** More of what it ran on. */
  readonly on?: string;
}

export function casesFor(cases: readonly Case[], { light }: { light: boolean }): readonly Case[] {
  return cases.filter(({ load }) => load !== true || !light);
}

/** Runs the cases, and so many of them at once. */
export async function runCases(
  cases: readonly Case[],
  world: World,
  atOnce = 1,
): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = casesFor(cases, world).values();
  await Promise.all(Array.from({ length: atOnce }, () => runAll(waiting, world, results)));
  return results;
}

async function runAll(waiting: Iterable<Case>, world: World, results: Result[]): Promise<void> {
  for (const { name, run } of waiting) {
    for (let repeated = 0; ; repeated++) {
      const stalls = watchStalls();
      const error = await run(world).then(
        () => undefined,
        ({ message, stack, cause }: Error) => `${message}\n${stack}\n${cause ?? ""}`,
      );
      const stalled = stalls();
      const hasStalled = error !== undefined && (await stalled);
      // A second that is lost can end a token, or a wait, before its time.
      if (hasStalled && repeated < MAX_REPEATED) {
        continue;
      }
      results.push({ name, ...(error !== undefined && { error }), ...(repeated && { repeated }) });
      break;
    }
  }
}

const MAX_REPEATED = 3;
const STALL_MS = 500;
// The real ones, whatever a case makes of the clocks and the timers.
const realNow = Date.now;
const realSetTimeout = setTimeout;

/** Waits by the real clock. */
export const pause = (ms: number) => new Promise<void>((resolve) => realSetTimeout(resolve, ms));

/** Watches whether this process stands still: ask it once, at the end. */
export function watchStalls(): () => Promise<boolean> {
  let hasStalled = false;
  let isOver = false;
  const watched = (async () => {
    while (!isOver) {
      const begunMs = realNow();
      await pause(50);
      hasStalled ||= realNow() - begunMs > STALL_MS;
    }
  })();
  return async () => {
    isOver = true;
    await watched;
    return hasStalled;
  };
}

let scripts = 0;

/** What an address was asked. */
interface Call {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  /** How many bytes of the answer the system has taken. */
  readonly sentBytes: number;
  /** Its connection had carried another call before. */
  readonly isReused: boolean;
}

const newId = () =>
  `${Date.now().toString(36)}-${++scripts}-${Math.random().toString(36).slice(2)}`;

/** An address that answers as told, and what it was asked so far. */
export function scripted(places: Pick<Places, "scriptUrl">, script: Script) {
  const query = `?script=${encodeURIComponent(JSON.stringify(script))}`;
  return addressOf(places, newId(), query);
}

/** The same, without its script: a test that searches addresses for secrets can have them in the script. */
export async function scriptedApart(places: Pick<Places, "scriptUrl">, script: Script) {
  const id = newId();
  const body = JSON.stringify(script);
  await (await fetch(`${places.scriptUrl}/script/${id}`, { method: "POST", body })).text();
  return addressOf(places, id);
}

function addressOf({ scriptUrl }: Pick<Places, "scriptUrl">, id: string, query = "") {
  return {
    url: `${scriptUrl}/answer/${id}${query}`,
    async calls(): Promise<Call[]> {
      return (await fetch(`${scriptUrl}/calls/${id}`)).json() as never;
    },
    /** The same, when the client has closed the connection of each call or has used it again. */
    async callsReleased(): Promise<Call[]> {
      return (await fetch(`${scriptUrl}/calls/${id}?released`)).json() as never;
    },
    /** Lets answers that are `held` go. */
    async release(): Promise<void> {
      await (await fetch(`${scriptUrl}/release/${id}`)).text();
    },
  };
}

/** A request, as it has arrived. */
export interface Arrival {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** Returns the requests that a script server got since it was asked for them the last time. */
export const arrivalsAt = async (serverUrl: string): Promise<Arrival[]> =>
  (await fetch(`${serverUrl}/arrivals`)).json() as never;

/**
 * The code for a body that breaks off. Some platforms take what came before that for the whole
 * (https://github.com/nodejs/undici/pull/5273), and nobody can tell.
 */
export async function codeOfBrokenBody(world: World): Promise<string> {
  const { url } = scripted(world, { fault: "break" });
  return fetch(url)
    .then((answer) => answer.text())
    .then(
      () => "P4P_BAD_RESPONSE",
      () => "P4P_NETWORK",
    );
}

/** A JWT with these claims, and something for a signature. */
export function jwt(claims: object): string {
  const part = (value: object) =>
    btoa(JSON.stringify(value)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return `${part({ alg: "HS256" })}.${part(claims)}.c2ln`;
}

/** The body of an answer that accepts, with this `data`. */
export function accepted(data: object): string {
  return JSON.stringify({
    success: true,
    errors: null,
    statusCode: 200,
    correlationId: "id-1",
    data,
  });
}
