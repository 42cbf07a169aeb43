// A scripted service, a store and a clock that stands still: the world of the tests of orders.
import assert from "node:assert/strict";
import type * as Library from "pay4power-auth";
import { accepted } from "../portable/harness.ts";

export const TOKEN_URL = "https://service.example/auth/token";
export const BASE_URL = "https://service.example/api";

/** How the service answers an exchange. */
export type ExchangeAnswer = "token" | "unavailable" | "rejected" | "broken" | "page";

/** Holds an answer back until a test lets it go. */
export type Hold = (label: string) => Promise<unknown>;

interface Issued {
  readonly value: string;
  readonly expiresAtMs: number;
  isRevoked: boolean;
}

/** Both clocks of this process. They advance only when a test says so. */
export class Clock {
  nowMs = 1_800_000_000_000;
  readonly #dateNow = Date.now;
  readonly #performanceNow = performance.now;

  constructor() {
    Date.now = () => this.nowMs;
    performance.now = () => this.nowMs;
  }

  restore(): void {
    Date.now = this.#dateNow;
    performance.now = this.#performanceNow;
  }
}

/** The service. It checks at each moment what must hold at every moment. */
export class Service {
  /** What did not hold. An error that is thrown here would look like a broken connection. */
  readonly violations: string[] = [];
  readonly tokens: Issued[] = [];
  /** How often each payment was sent, by its reference, and how often it was made. */
  readonly payments = new Map<string, { sent: number; made: number }>();
  /** The values of tokens with which a request got a 401. */
  readonly rejected = new Set<string>();
  /** The values of tokens that the client has dropped. */
  readonly dropped = new Set<string>();
  exchanges = 0;
  #inFlight = 0;
  readonly #clock: Clock;
  readonly #hold: Hold;
  readonly #answers: readonly ExchangeAnswer[];
  readonly #lifetimeMs: number;

  constructor(clock: Clock, hold: Hold, answers: readonly ExchangeAnswer[], lifetimeMs: number) {
    this.#clock = clock;
    this.#hold = hold;
    this.#answers = answers;
    this.#lifetimeMs = lifetimeMs;
  }

  /** The next exchange gets the next answer; when none is left, a token. */
  get nextAnswer(): ExchangeAnswer {
    return this.#answers[this.exchanges] ?? "token";
  }

  revokeAll(): void {
    for (const token of this.tokens) {
      token.isRevoked = true;
    }
  }

  readonly fetch = (url: string, init: RequestInit): Promise<Response> =>
    url === TOKEN_URL ? this.#exchange(init) : this.#request(init);

  async #exchange({ signal }: RequestInit): Promise<Response> {
    const answer = this.nextAnswer;
    this.exchanges += 1;
    this.#inFlight += 1;
    if (this.#inFlight > 1) {
      this.violations.push("a second exchange in flight");
    }
    try {
      await Promise.race([this.#hold(`exchange: ${answer}`), aborted(signal)]);
    } finally {
      this.#inFlight -= 1;
    }
    switch (answer) {
      case "token":
        return this.#issue();
      case "unavailable":
        return new Response(null, { status: 503 });
      case "rejected":
        return Response.json({ success: false, statusCode: 401, data: null }, { status: 401 });
      case "broken":
        throw new TypeError("the connection broke");
      case "page":
        return new Response("<html>");
    }
  }

  #issue(): Response {
    const value = `opaque-token-${this.tokens.length + 1}`;
    const expiresAt = Math.floor((this.#clock.nowMs + this.#lifetimeMs) / 1_000);
    const expiresAtMs = expiresAt * 1_000;
    this.tokens.push({ value, expiresAtMs, isRevoked: false });
    return new Response(accepted({ token: value, expiresAt }));
  }

  async #request({ headers, body, signal }: RequestInit): Promise<Response> {
    const value = new Headers(headers).get("Authorization")?.replace("Bearer ", "") ?? "";
    const token = this.tokens.find((issued) => issued.value === value);
    if (token === undefined || token.expiresAtMs <= this.#clock.nowMs) {
      this.violations.push(`a request with ${token ? "a dead token" : value}`);
    }
    if (this.dropped.has(value)) {
      this.violations.push("a request with a dropped token");
    }
    const reference = typeof body === "string" ? body : "";
    const payment = this.payments.get(reference) ?? { sent: 0, made: 0 };
    this.payments.set(reference, payment);
    payment.sent += 1;
    await Promise.race([this.#hold("request"), aborted(signal)]);
    if (token === undefined || token.isRevoked) {
      this.rejected.add(value);
      return new Response(null, { status: 401 });
    }
    payment.made += 1;
    return new Response("made");
  }

  /** Fails if a check did not hold, or if a payment was made twice, or sent again other than once after a 401. */
  assertHeld(): void {
    assert.deepEqual(this.violations, []);
    for (const [reference, { sent, made }] of this.payments) {
      assert.ok(
        reference === "" || (made <= 1 && sent <= 2),
        `${reference}: ${sent} sent, ${made} made`,
      );
    }
  }
}

function aborted(signal: AbortSignal | null | undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason));
    if (signal?.aborted) {
      reject(signal.reason);
    }
  });
}

/** A store in memory. Its answers are held back too, and each read may fail. */
export function heldStore(hold: Hold, failing: readonly boolean[]): Library.TokenStore {
  const values = new Map<string, string>();
  let reads = 0;
  return {
    async get(key) {
      const fails = failing[reads++] ?? false;
      await hold("store: get");
      if (fails) {
        throw new Error("the store is down");
      }
      return values.get(key);
    },
    async set(key, value) {
      await hold("store: set");
      values.set(key, value);
    },
    async delete(key) {
      await hold("store: delete");
      values.delete(key);
    },
  };
}
