// What a caller gives to `client.fetch`: each part is read once, so that what is checked is what is sent.
import { textOf } from "./body.js";
import { describe, invalidOption } from "./given.js";
import { isA, runtime } from "./runtime.js";

/** The second argument of a fetch, with whatever members a platform has. */
export type Init = { -readonly [member in keyof RequestInit]?: RequestInit[member] } & {
  duplex?: "half";
  client?: object;
};

/** The members that the Fetch standard names, and Workers' own one. Some are getters that no loop would find. */
const NAMED = [
  ...["method", "headers", "body", "mode", "credentials", "cache", "redirect", "referrer"],
  ...["referrerPolicy", "integrity", "keepalive", "signal", "duplex", "priority", "window", "cf"],
];

/** A request, as its caller wants it. */
export interface Draft {
  /** An address, or a path under `baseUrl`. */
  readonly address: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: unknown;
  readonly signal: AbortSignal | null | undefined;
  /** The Request, if its platform may keep in it what nobody can read: undici's `dispatcher`, Deno's `client`. */
  readonly request: Request | undefined;
  /** What was given beside `request`. */
  readonly given: Init;
  /** All of it, for a fetch that gets the address as text. */
  readonly whole: Init;
}

export function draftOf(input: unknown, init: unknown): Draft {
  const given = membersOf(init, (name) => (init as Record<string, unknown>)[name]);
  const asked = isA(input, "Request") ? (input as Request) : undefined;
  const readOwn = (name: string) => Reflect.get(globalThis.Request.prototype, name, asked);
  const isPlatforms = asked !== undefined && isReadable(readOwn);
  // A subclass may say one thing and be another: the platform sends what it is.
  const read = isPlatforms ? readOwn : (name: string) => (asked as unknown as Init)[name as "body"];
  const ofRequest = membersOf(asked, read);
  const whole: Init = Object.assign(bare(), ofRequest, given);
  return {
    address: asked === undefined ? addressOf(input) : String(read("url")),
    method: String(whole.method ?? "GET"),
    headers: new Headers(given.headers ?? ofRequest.headers),
    body: given.body ?? ofRequest.body ?? undefined,
    signal: whole.signal,
    request: isPlatforms && keepsMore(asked) ? asked : undefined,
    given,
    whole,
  };
}

/** An object that inherits nothing: what another package adds to `Object.prototype` is no member of it. */
export const bare = (): Init => Object.create(null) as Init;

/**
 * Takes the members of what a request is made of: those with a name by `read`, and all that are enumerable, such
 * as Next.js's `next`, undici's `dispatcher` or Bun's `proxy`.
 */
function membersOf(source: unknown, read: (name: string) => unknown): Init {
  const taken = bare() as Record<string, unknown>;
  if (source === undefined || source === null) {
    return taken as Init;
  }
  if (typeof source !== "object" && typeof source !== "function") {
    throw invalidOption("init", "an object", describe(source));
  }
  for (const name of NAMED) {
    const value = isPolluted(source, name) ? undefined : read(name);
    if (value !== undefined && (value !== null || name === "signal")) {
      taken[name] = value;
    }
  }
  const inherits = !isA(source, "Request"); // that one inherits its methods
  for (const name in source) {
    const isGiven = Object.hasOwn(source, name) || (inherits && !isPolluted(source, name));
    if (isGiven && !NAMED.includes(name)) {
      taken[name] = (source as Record<string, unknown>)[name];
    }
  }
  return taken as Init;
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
  const isGiven = typeof input === "string" || (typeof input === "object" && input !== null);
  const address = isGiven ? textOf(input) : undefined;
  if (address === undefined) {
    throw invalidOption("input", "an address, a path or a Request", describe(input));
  }
  return address;
}
