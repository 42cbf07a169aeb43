// What a caller gives to `client.fetch`: each part is read once, so that what is checked is what is sent.

import { describe, invalidOption } from "../arguments.js";
import { isInstance, runtime } from "../runtime.js";
import { textOf } from "./body.js";

/** The second argument of a fetch, with whatever members a platform has. */
export type Init = { -readonly [member in keyof RequestInit]?: RequestInit[member] } & {
  duplex?: "half";
  client?: object;
};

/** The members that the Fetch standard names, and Workers' own one. Some are getters that no loop would find. */
const NAMED = [
  ...["method", "headers", "body", "mode", "credentials", "cache", "redirect", "referrer"],
  ...["referrerPolicy", "integrity", "keepalive", "signal", "duplex", "priority", "window", "cf"],
] as const;
const names: ReadonlySet<string> = new Set(NAMED);

/** A request, as its caller wants it. */
export interface Draft {
  /** An address, or a path under `baseUrl`. */
  readonly address: string;
  readonly method: string;
  /** Nothing where none was given. */
  readonly headers: Headers | undefined;
  readonly body: unknown;
  /** The Request, if its platform may keep in it what nobody can read: undici's `dispatcher`, Deno's `client`. */
  readonly request: Request | undefined;
  /** What was given beside `request`. */
  readonly init: Init;
  /** All of it, for a fetch that gets the address as text. */
  readonly effective: Init;
}

export function draftOf(input: unknown, init: unknown): Draft {
  const isGiven = init !== undefined && init !== null;
  const given = isGiven ? membersOf(init, (name) => (init as Init)[name as "body"]) : NO_INIT;
  return typeof input === "object" && isInstance(input, "Request")
    ? draftOfRequest(input as Request, given)
    : draftWith(addressOf(input), given, given);
}

function draftOfRequest(asked: Request, given: Init): Draft {
  const readOwn = (name: string) => Reflect.get(globalThis.Request.prototype, name, asked);
  const isPlatforms = isReadable(readOwn);
  // A subclass may say one thing and be another: the platform sends what it is.
  const read = isPlatforms ? readOwn : (name: string) => (asked as unknown as Init)[name as "body"];
  const effective = withMembers(membersOf(asked, read), given);
  const request = isPlatforms && keepsMore(asked) ? asked : undefined;
  return draftWith(String(read("url")), given, effective, request);
}

const draftWith = (address: string, init: Init, effective: Init, request?: Request): Draft => ({
  address,
  method: String(effective.method ?? "GET"),
  headers: effective.headers && new Headers(effective.headers),
  body: effective.body ?? undefined,
  request,
  init,
  effective,
});

/** The same request with another signal. */
export const withSignal = (draft: Draft, signal: AbortSignal): Draft => ({
  ...draft,
  init: Object.assign(nullObject(), draft.init, { signal }),
  effective: Object.assign(nullObject(), draft.effective, { signal }),
});

/** An object that inherits nothing: what another package adds to `Object.prototype` is no member of it. */
export const nullObject = (): Init => Object.create(null) as Init;

const NO_INIT = Object.freeze(nullObject());

/**
 * Takes the members of what a request is made of: those with a name by `read`, and all that are enumerable, such
 * as Next.js's `next`, undici's `dispatcher` or Bun's `proxy`.
 */
function membersOf(source: unknown, read: (name: string) => unknown): Init {
  if (source === null || (typeof source !== "object" && typeof source !== "function")) {
    throw invalidOption("init", "an object", describe(source));
  }
  const taken = nullObject() as Record<string, unknown>;
  for (const name of NAMED) {
    const value = read(name);
    const isThere = value !== undefined && (value !== null || name === "signal");
    if (isThere && !isPolluted(source, name)) {
      taken[name] = value;
    }
  }
  const inherits = !isInstance(source, "Request"); // that one inherits its methods
  for (const name in source) {
    const isGiven = Object.hasOwn(source, name) || (inherits && !isPolluted(source, name));
    if (isGiven && !names.has(name)) {
      taken[name] = (source as Record<string, unknown>)[name];
    }
  }
  return taken as Init;
}

/** `target`, with all members of `source`, which inherits nothing. `Object.assign` takes several times as long. */
export function withMembers(target: Init, source: Init | undefined): Init {
  for (const name in source) {
    (target as Record<string, unknown>)[name] = source[name as "body"];
  }
  return target;
}

/** Whether `source` has a member only by what somebody has put on `Object.prototype`. */
function isPolluted(source: object, name: string): boolean {
  let owner: object | null = name in Object.prototype ? source : null;
  while (owner && owner !== Object.prototype && !Object.hasOwn(owner, name)) {
    owner = Object.getPrototypeOf(owner) as object | null;
  }
  return owner === Object.prototype;
}

/** Whether the platform's own getters read it. Those of another library's Request are its own. */
function isReadable(readOwn: (name: string) => unknown): boolean {
  try {
    return typeof readOwn("url") === "string";
  } catch {
    return false;
  }
}

/** No subclass, which may say something else each time. Bun keeps no more; edge-runtime reads all that it sends. */
const keepsMore = (asked: Request): boolean =>
  Object.getPrototypeOf(asked) === globalThis.Request.prototype &&
  !Object.hasOwn(asked, "url") &&
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
