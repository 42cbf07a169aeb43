// The addresses of requests: the core checks each path once.
import { call } from "../core/call.js";
import * as core from "../generated/core.js";

/** The largest number of remembered paths. */
const MAX_PATHS = 500;

/** The longest address whose path is remembered. */
const MAX_LENGTH = 1_000;

/** Text that a URL parser does not change, except for dot segments in a path. */
const PLAIN = /^[\w.~!$&()*+,;=:@%/?-]*$/;

/** Resolves the addresses of a client's requests. */
export class Addresses {
  readonly #baseUrl: string | null;
  /** Paths, and the address that the core has resolved each to. The text after `?` does not affect the check. */
  readonly #resolved = new Map<string, string>();

  /** Expects a `baseUrl` that was checked. */
  constructor(baseUrl: string | null) {
    this.#baseUrl = baseUrl;
  }

  /**
   * Returns the complete address of `input`, which is an address or a path.
   *
   * @throws `P4P_FORBIDDEN_ORIGIN` if the address is not under `baseUrl`, unless it `allowsAnyOrigin`.
   */
  resolve(input: string, allowsAnyOrigin: boolean): string {
    const end = input.indexOf("?");
    const path = end < 0 ? input : input.slice(0, end);
    const query = end < 0 ? "" : input.slice(end);
    const resolved = this.#resolved.get(path);
    const isPlain = (resolved !== undefined || PLAIN.test(path)) && (end < 0 || PLAIN.test(query));
    if (allowsAnyOrigin || input.length > MAX_LENGTH || !isPlain) {
      return this.#check(input, allowsAnyOrigin);
    }
    return (resolved ?? this.#checkAndRemember(path)) + query;
  }

  #checkAndRemember(path: string): string {
    const address = this.#check(path, false);
    if (this.#resolved.size >= MAX_PATHS) {
      this.#resolved.clear();
    }
    this.#resolved.set(path, address);
    return address;
  }

  #check(input: string, allowsAnyOrigin: boolean): string {
    return call(() => core.resolveAddress(this.#baseUrl, input, allowsAnyOrigin));
  }
}
