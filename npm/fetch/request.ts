// Reads the arguments of `client.fetch`. It reads each part once, so that the client sends exactly what it has checked.

import { describe, invalidOption } from "../arguments.js";
import { isInstance, runtime } from "../runtime.js";
import { textOf } from "./body.js";

/** The second argument of a fetch, with all members of any platform. */
export type Init = { -readonly [member in keyof RequestInit]?: RequestInit[member] } & {
  duplex?: "half";
  client?: object;
};

/** The members that the Fetch standard names, and `cf` of Workers. A loop does not find those that are getters. */
const STANDARD_MEMBERS = [
  ...["method", "headers", "body", "mode", "credentials", "cache", "redirect", "referrer"],
  ...["referrerPolicy", "integrity", "keepalive", "signal", "duplex", "priority", "window", "cf"],
] as const;
const standardMembers: ReadonlySet<string> = new Set(STANDARD_MEMBERS);

/** Returns an object without a prototype, so that it has no member that a package adds to `Object.prototype`. */
export const nullObject = (): Init => Object.create(null) as Init;

const NO_INIT = Object.freeze(nullObject());

/** A request as the caller described it. */
export interface Draft {
  /** An address, or a path under `baseUrl`. */
  readonly address: string;
  readonly method: string;
  /** The caller's headers, if there are any. */
  readonly headers: Headers | undefined;
  readonly body: unknown;
  /** The caller's `Request`, if it may hold members that no code can read: undici's `dispatcher`, Deno's `client`. */
  readonly request: Request | undefined;
  /** The members of the second argument, `init`. */
  readonly init: Init;
  /** The members of the caller's `Request`, if there is one, and over them those of `init`. */
  readonly mergedInit: Init;
}

export function draftOf(input: unknown, init: unknown): Draft {
  const hasInit = init !== undefined && init !== null;
  const members = hasInit ? membersOf(init, (name) => (init as Init)[name as "body"]) : NO_INIT;
  return typeof input === "object" && isInstance(input, "Request")
    ? draftOfRequest(input as Request, members)
    : draftWith(addressOf(input), members, members);
}

function draftOfRequest(input: Request, init: Init): Draft {
  const readByPlatform = (name: string) => Reflect.get(globalThis.Request.prototype, name, input);
  const isPlatformRequest = isReadable(readByPlatform);
  // The getters of a subclass may return other values than those that the platform sends.
  const read = isPlatformRequest
    ? readByPlatform
    : (name: string) => (input as unknown as Init)[name as "body"];
  const mergedInit = withMembers(membersOf(input, read), init);
  const request = isPlatformRequest && mayHoldMore(input) ? input : undefined;
  return draftWith(String(read("url")), init, mergedInit, request);
}

const draftWith = (address: string, init: Init, mergedInit: Init, request?: Request): Draft => ({
  address,
  method: String(mergedInit.method ?? "GET"),
  headers: mergedInit.headers && new Headers(mergedInit.headers),
  body: mergedInit.body ?? undefined,
  request,
  init,
  mergedInit,
});

/** Returns the same request with another signal. */
export const withSignal = (draft: Draft, signal: AbortSignal): Draft => ({
  ...draft,
  init: Object.assign(nullObject(), draft.init, { signal }),
  mergedInit: Object.assign(nullObject(), draft.mergedInit, { signal }),
});

/**
 * Returns the members of a `Request` or of an init: the members of the standard, read by `read`, and all enumerable
 * members, such as Next.js's `next`, undici's `dispatcher` or Bun's `proxy`.
 */
function membersOf(source: unknown, read: (name: string) => unknown): Init {
  if (source === null || (typeof source !== "object" && typeof source !== "function")) {
    throw invalidOption("init", "an object", describe(source));
  }
  const members = nullObject() as Record<string, unknown>;
  for (const name of STANDARD_MEMBERS) {
    const value = read(name);
    const isSet = value !== undefined && (value !== null || name === "signal");
    if (isSet && !isPolluted(source, name)) {
      members[name] = value;
    }
  }
  const takesInherited = !isInstance(source, "Request"); // a `Request` inherits its methods
  for (const name in source) {
    const isMember = Object.hasOwn(source, name) || (takesInherited && !isPolluted(source, name));
    if (isMember && !standardMembers.has(name)) {
      members[name] = (source as Record<string, unknown>)[name];
    }
  }
  return members as Init;
}

/**
 * Adds all members of `source` to `target` and returns `target`. `source` must have no prototype. `Object.assign` takes
 * several times as long.
 */
export function withMembers(target: Init, source: Init | undefined): Init {
  for (const name in source) {
    (target as Record<string, unknown>)[name] = source[name as "body"];
  }
  return target;
}

/** Returns true if `source` has a member only because a package has added it to `Object.prototype`. */
function isPolluted(source: object, name: string): boolean {
  let owner: object | null = name in Object.prototype ? source : null;
  while (owner && !Object.hasOwn(owner, name)) {
    owner = Object.getPrototypeOf(owner) as object | null;
  }
  return owner === Object.prototype;
}

/** Returns true if the platform's own getters can read the `Request`. They can't read one of another library. */
function isReadable(readByPlatform: (name: string) => unknown): boolean {
  try {
    return typeof readByPlatform("url") === "string";
  } catch {
    return false;
  }
}

/**
 * Returns true if a `Request` may hold members that no code can read. A subclass does not count: it may return another
 * value at each read. A `Request` of Bun holds no such member, and edge-runtime reads all members that it sends.
 */
const mayHoldMore = (request: Request): boolean =>
  Object.getPrototypeOf(request) === globalThis.Request.prototype &&
  !Object.hasOwn(request, "url") &&
  !["bun", "edge"].includes(runtime());

function addressOf(input: unknown): string {
  if (typeof input === "string") {
    return input;
  }
  const address = typeof input === "object" && input !== null ? textOf(input) : undefined;
  if (address === undefined) {
    throw invalidOption("input", "an address, a path or a Request", describe(input));
  }
  return address;
}
