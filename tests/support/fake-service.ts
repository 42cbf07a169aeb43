// A fetch that stands in for the service, and records what it gets.
import { accepted } from "../portable/harness.ts";
import { KEYS } from "./secrets.ts";

/** What a request was sent with: the second argument of fetch, also the members of one platform only. */
export interface Sent extends RequestInit {
  readonly headers: Headers;
  readonly duplex?: string;
  readonly client?: unknown;
  readonly dispatcher?: { dispatch(...request: unknown[]): unknown };
}

export class FakeService {
  readonly origin = "https://service.example";
  /** A client's options for this service, without `fetch`. */
  readonly options = { ...KEYS, tokenUrl: `${this.origin}/token`, baseUrl: this.origin };
  /** The requests that are not for a token. */
  readonly sent: Sent[] = [];
  /** The first argument of fetch for each of them. */
  readonly inputs: unknown[] = [];
  /** How many tokens it has issued. */
  tokens = 0;
  /** Holds back tokens until it resolves. */
  tokenReady: Promise<unknown> = Promise.resolve();
  /** Returns the answer to a request that is not for a token. */
  answer: () => unknown = () => new Response("done");

  readonly fetch = (async (input: unknown, init: Sent) => {
    if (input === this.options.tokenUrl) {
      await this.tokenReady;
      this.tokens += 1;
      const token = `opaque-${this.tokens}`;
      return new Response(accepted({ token, expiresAt: 4_102_444_800, tokenType: "Bearer" }));
    }
    this.inputs.push(input);
    this.sent.push(init);
    return this.answer();
  }) as typeof globalThis.fetch;

  /** What the last request was sent with. */
  get last(): Sent {
    const last = this.sent.at(-1);
    if (last === undefined) {
      throw new Error("expected a request, found none");
    }
    return last;
  }

  /** Holds back tokens. Returns a function that lets them go. */
  holdTokens(): () => void {
    let release = () => {};
    this.tokenReady = new Promise<void>((resolve) => {
      release = resolve;
    });
    return () => release();
  }
}

/** A timer that rings when a test says so. */
export interface HeldTimer {
  readonly ring: () => void;
  readonly ms: number;
}

/** Replaces globals for a time. */
export class StandIns {
  readonly #restore: (() => void)[] = [];

  set(name: string, value: unknown): void {
    const before = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    this.#restore.unshift(() => {
      Reflect.deleteProperty(globalThis, name);
      if (before) {
        Object.defineProperty(globalThis, name, before);
      }
    });
  }

  /** Holds the timers that are set from now on. Returns those that are not cleared, in order. */
  holdTimers(): HeldTimer[] {
    const { clearTimeout } = globalThis;
    const timers: HeldTimer[] = [];
    this.set("setTimeout", (ring: () => void, ms: number) => {
      const timer = { ring, ms };
      timers.push(timer);
      return timer;
    });
    this.set("clearTimeout", (timer: HeldTimer & NodeJS.Timeout) => {
      const index = timers.indexOf(timer);
      if (index >= 0) {
        timers.splice(index, 1);
      } else {
        clearTimeout(timer); // was set before
      }
    });
    return timers;
  }

  /** Puts all globals back. */
  restore(): void {
    for (const run of this.#restore.splice(0)) {
      run();
    }
  }
}
