// What the service has seen: the requests of each call, the tokens, and the exchanges of each client. It notes at once
// what must never happen.
import type { Kind } from "./calls.ts";
import type { Problems } from "./problems.ts";

/** The last answer of the service to a request of a call. */
export interface Given {
  readonly status: number;
  /** `whole`: all of the answer was sent. `none`: the connection was reset, or the service says nothing. */
  readonly body: "whole" | "cut" | "reset" | "none";
  readonly atMs: number;
}

export interface IssuedToken {
  readonly client: string;
  readonly endsAtMs: number;
  isRevoked: boolean;
}

/** An attempt of an exchange. */
export interface Attempt {
  readonly client: string;
  readonly beganAtMs: number;
  /** The code that the attempt must give; `undefined` for a token. */
  readonly code: string | undefined;
  isOpen: boolean;
}

/**
 * The least time after which a client may begin another attempt while one is open: it has given the first one up. Half
 * of `TIMEOUT_MS`, because a busy machine delays what arrives.
 */
export const LEAST_ATTEMPT_MS = 500;
/** How many attempts of each client the ledger keeps. */
const KEPT_ATTEMPTS = 8;
/** How much later than its end a token may arrive: the request was under way, or the machine was busy. */
const LATE_MS = 2_000;
/** For how long the ledger knows a token after its end. */
const KEPT_TOKEN_MS = 120_000;

const COUNT = 0b0000_1111;
const GOT_401 = 0b0001_0000;
const IS_POST = 0b0010_0000;

export class Ledger {
  readonly #problems: Problems;
  /** For each call: the number of its requests, and what the second one depends on. */
  readonly #seen: Uint8Array;
  readonly #given = new Map<number, Given>();
  readonly #tokens = new Map<string, IssuedToken>();
  readonly #attempts = new Map<string, Attempt[]>();
  exchanges = 0;
  exchangeFaults = 0;
  requests = 0;

  constructor(calls: number, problems: Problems) {
    this.#seen = new Uint8Array(calls);
    this.#problems = problems;
  }

  /** Notes a request before it is answered. A POST may come once, and once more after a 401. */
  request(id: number, kind: Kind): void {
    this.requests += 1;
    const before = this.#seen[id];
    if (before === undefined) {
      this.#problems.add(`the service got a request of the unknown call ${id}`);
      return;
    }
    const count = Math.min((before & COUNT) + 1, COUNT);
    this.#seen[id] = (before & ~COUNT) | count | (kind === "post" ? IS_POST : 0);
    const isAllowed = count === 1 || (count === 2 && (before & GOT_401) !== 0);
    if (kind === "post" && !isAllowed) {
      this.#problems.add(`call ${id}: the service got its POST ${count} times`);
    }
  }

  /** Notes the answer to a request. */
  answered(id: number, given: Given): void {
    if (given.status === 401) {
      this.#seen[id] = (this.#seen[id] ?? 0) | GOT_401;
    }
    this.#given.set(id, given);
  }

  givenTo(id: number): Given | undefined {
    return this.#given.get(id);
  }

  requestsOf(id: number): number {
    return (this.#seen[id] ?? 0) & COUNT;
  }

  /** Forgets the answer to a call that has been checked. The number of its requests stays. */
  forget(id: number): void {
    this.#given.delete(id);
  }

  /** Returns how many POSTs came once, and how many twice. */
  posts(): { once: number; twice: number } {
    let [once, twice] = [0, 0];
    for (const seen of this.#seen) {
      if ((seen & IS_POST) !== 0) {
        const isOnce = (seen & COUNT) === 1;
        once += isOnce ? 1 : 0;
        twice += isOnce ? 0 : 1;
      }
    }
    return { once, twice };
  }

  issued(jti: string, client: string, endsAtMs: number): void {
    this.#tokens.set(jti, { client, endsAtMs, isRevoked: false });
    for (const [old, token] of this.#tokens) {
      if (token.endsAtMs < Date.now() - KEPT_TOKEN_MS) {
        this.#tokens.delete(old);
      }
    }
  }

  token(jti: string): IssuedToken | undefined {
    return this.#tokens.get(jti);
  }

  /** Returns whether the service accepts a token. Notes a token that it never issued, or that ended long ago. */
  accepts(jti: string, nowMs: number): boolean {
    const token = this.#tokens.get(jti);
    if (token === undefined) {
      this.#problems.add(`a request had a token that the service does not know: ${jti}`);
      return false;
    }
    if (nowMs > token.endsAtMs + LATE_MS) {
      this.#problems.add(`a request had a token that ended ${nowMs - token.endsAtMs} ms before`);
    }
    return !token.isRevoked && nowMs < token.endsAtMs;
  }

  revoke(jti: string): void {
    const token = this.#tokens.get(jti);
    if (token) {
      token.isRevoked = true;
    }
  }

  revokeAll(): void {
    for (const token of this.#tokens.values()) {
      token.isRevoked = true;
    }
  }

  /**
   * Notes that an attempt begins. `isShared` is true if another request of a Worker may lead: then a second exchange may
   * begin as soon as the first leader is gone.
   */
  attemptBegan(client: string, code: string | undefined, isShared: boolean): Attempt {
    const beganAtMs = Date.now();
    const attempt = { client, beganAtMs, code, isOpen: true };
    const all = this.#attempts.get(client) ?? [];
    const open = all.find((it) => it.isOpen && beganAtMs - it.beganAtMs < LEAST_ATTEMPT_MS);
    if (open && !isShared) {
      const apart = beganAtMs - open.beganAtMs;
      this.#problems.add(`client ${client}: two exchanges at once, ${apart} ms apart`);
    }
    this.#attempts.set(client, [...all.slice(1 - KEPT_ATTEMPTS), attempt]);
    this.exchanges += 1;
    this.exchangeFaults += code === undefined ? 0 : 1;
    return attempt;
  }

  /** Returns the last attempts of a client that had begun by then, the newest last. */
  attemptsOf(client: string, atMs: number): Attempt[] {
    return (this.#attempts.get(client) ?? []).filter(({ beganAtMs }) => beganAtMs <= atMs);
  }
}
