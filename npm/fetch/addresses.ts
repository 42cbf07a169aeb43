// Where a client's fetch sends its requests: the core decides, once for each path.
import { call } from "../core/call.js";
import * as core from "../generated/core.js";

/** How many paths are remembered. */
const MAX_KNOWN = 500;

/** The longest address of which the path is remembered. */
const MAX_LENGTH = 1_000;

/** Text in which a URL parser changes nothing but dot segments, and those in a path only. */
const PLAIN = /^[\w.~!$&()*+,;=:@%/?-]*$/;

/** The addresses of a client's requests. */
export class Addresses {
  readonly #baseUrl: string | null;
  /** Paths, and the addresses that the core has made of them. What comes behind the `?` decides nothing. */
  readonly #known = new Map<string, string>();

  /** With a `baseUrl` that was checked. */
  constructor(baseUrl: string | null) {
    this.#baseUrl = baseUrl;
  }

  /**
   * Returns the whole address of `input`, an address or a path.
   *
   * @throws `P4P_FORBIDDEN_ORIGIN` when that is not under `baseUrl`, unless it `mayLeave`.
   */
  resolve(input: string, mayLeave: boolean): string {
    const end = input.indexOf("?");
    const path = end < 0 ? input : input.slice(0, end);
    const query = end < 0 ? "" : input.slice(end);
    const known = this.#known.get(path);
    const isPlain = (known ?? PLAIN.test(path)) && (end < 0 || PLAIN.test(query));
    if (mayLeave || input.length > MAX_LENGTH || !isPlain) {
      return this.#decide(input, mayLeave);
    }
    return (known ?? this.#remember(path)) + query;
  }

  #remember(path: string): string {
    const address = this.#decide(path, false);
    if (this.#known.size >= MAX_KNOWN) {
      this.#known.clear();
    }
    this.#known.set(path, address);
    return address;
  }

  #decide(input: string, mayLeave: boolean): string {
    return call(() => core.resolveAddress(this.#baseUrl, input, mayLeave));
  }
}
