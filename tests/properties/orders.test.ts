// Calls of a client in any order, with answers in any order: fast-check's scheduler says what comes next.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import type * as Library from "pay4power-auth";
import { KEYS } from "../support/secrets.ts";
import { library, nextTurn, runs, settled, watchUnhandled } from "./support.ts";
import { BASE_URL, Clock, type ExchangeAnswer, heldStore, Service, TOKEN_URL } from "./world.ts";

let lib: typeof Library;
let clock: Clock;

before(async () => {
  lib = await library("orders");
  clock = new Clock();
});
after(() => clock.restore());

type Step =
  | { readonly kind: "getToken" | "get" | "pay"; readonly hasSignal: boolean }
  | { readonly kind: "abort"; readonly call: number }
  | { readonly kind: "pass"; readonly ms: number }
  | { readonly kind: "revoke" | "invalidate" | "reset" | "close" };

const LIFETIME_MS = 60_000;
/** The default of `deadlineMs`. */
const DEADLINE_MS = 30_000;
const step = (): fc.Arbitrary<Step> =>
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constantFrom("getToken" as const, "get" as const, "pay" as const),
        hasSignal: fc.boolean(),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("abort" as const), call: fc.nat(15) }) },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.nat(LIFETIME_MS + 5_000) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constantFrom(
          "revoke" as const,
          "revoke" as const,
          "invalidate" as const,
          "reset" as const,
        ),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: "close" as const }) },
  );

const ANSWERS: readonly ExchangeAnswer[] = [
  "token",
  "token",
  "token",
  "unavailable",
  "rejected",
  "broken",
  "page",
];
const plan = () =>
  fc.record({
    steps: fc.array(step(), { minLength: 8, maxLength: 24, size: "max" }),
    answers: fc.array(fc.constantFrom(...ANSWERS), { maxLength: 6 }),
    hasStore: fc.boolean(),
    failing: fc.array(fc.boolean(), { maxLength: 3 }),
  });

type Plan = ReturnType<typeof plan> extends fc.Arbitrary<infer Drawn> ? Drawn : never;

/** The codes that an answer of the service leads to. */
const CODES: Readonly<Record<ExchangeAnswer, string>> = {
  token: "P4P_CLOSED",
  unavailable: "P4P_SERVICE_UNAVAILABLE",
  rejected: "P4P_CREDENTIALS_REJECTED",
  broken: "P4P_NETWORK",
  page: "P4P_BAD_RESPONSE",
};

/** One client, and what may not happen to it. */
class Driver {
  readonly service: Service;
  readonly #client: Library.Client;
  readonly #codes: readonly string[];
  readonly #controllers: AbortController[] = [];
  #isClosed = false;

  constructor(scheduler: fc.Scheduler, drawn: Plan) {
    const { answers, hasStore, failing } = drawn;
    const hold = (label: string) => scheduler.schedule(Promise.resolve(), label);
    this.service = new Service(clock, hold, answers, LIFETIME_MS);
    this.#codes = answers.map((answer) => CODES[answer]);
    this.#client = lib.createClient({
      ...KEYS,
      tokenUrl: TOKEN_URL,
      baseUrl: BASE_URL,
      retries: 0,
      fetch: this.service.fetch as never,
      onEvent: ({ type }) => this.#told(type),
      ...(hasStore && { store: heldStore(hold, failing) }),
    });
  }

  /** The client has dropped the token that got a 401. The store must not bring it back. */
  #told(type: string): void {
    if (type === "token.rejected") {
      for (const value of this.service.rejected) {
        this.service.dropped.add(value);
      }
    }
  }

  async perform(step: Step): Promise<void> {
    switch (step.kind) {
      case "getToken":
      case "get":
      case "pay":
        return this.#call(step.kind, step.hasSignal);
      case "abort":
        return this.#controllers[step.call]?.abort(new Error("the caller left"));
      case "pass":
        // A leader that takes this long counts as gone: its exchange would be one of two for a moment.
        clock.nowMs += this.isExchanging ? 0 : step.ms;
        return;
      case "revoke":
        return this.service.revokeAll();
      case "invalidate":
        // The client has handed out any token of which it knows, or it is on its way from an exchange.
        if (!this.#client.state().exchanging) {
          for (const { value } of this.service.tokens) {
            this.service.dropped.add(value);
          }
        }
        return this.#client.invalidate();
      case "reset":
        return this.#client.reset();
      case "close":
        this.#isClosed = true;
        return this.#client.close();
    }
  }

  async #call(kind: "getToken" | "get" | "pay", hasSignal: boolean): Promise<void> {
    const controller = new AbortController();
    this.#controllers.push(controller);
    const options = hasSignal ? { signal: controller.signal } : {};
    const dropped = new Set(this.service.dropped);
    const wasClosed = this.#isClosed;
    const name = `call ${this.#controllers.length}`;
    this.service.droppedBefore.set(name, dropped);
    const init = { ...options, headers: { Call: name } };
    const begunMs = clock.nowMs;
    const result = await settled<Library.Token | Response>(
      kind === "getToken"
        ? this.#client.getToken(options)
        : this.#client.fetch(
            "/vend",
            kind === "get" ? init : { ...init, method: "POST", body: name },
          ),
    );
    if ("reason" in result) {
      const isLate = clock.nowMs - begunMs >= DEADLINE_MS;
      this.#checkReason(result.reason, hasSignal ? controller.signal : undefined, isLate);
    } else if (result.value instanceof Response) {
      assert.ok([200, 401].includes(result.value.status), String(result.value.status));
    } else {
      assert.ok(!wasClosed, "a closed client has no token");
      assert.ok(!result.value.isExpired(), "no dead token is handed out");
      assert.ok(!dropped.has(result.value.value), "no dropped token is handed out");
    }
  }

  #checkReason(reason: unknown, signal: AbortSignal | undefined, isLate: boolean): void {
    if (signal?.aborted && reason === signal.reason) {
      return;
    }
    assert.ok(lib.isAuthError(reason), String(reason));
    const allowed = [
      ...this.#codes,
      ...(this.#isClosed ? ["P4P_CLOSED"] : []),
      ...(isLate ? ["P4P_TIMEOUT"] : []),
    ];
    assert.ok(allowed.includes(reason.code), reason.code);
  }

  get isExchanging(): boolean {
    return this.#client.state().exchanging;
  }

  close(): void {
    this.#client.close();
    assert.equal(this.#client.state().token, "none");
    this.service.assertHeld();
  }
}

test("each call settles, with a good token or with a reason, in every order", async () => {
  const assertHandled = watchUnhandled();
  let exchanges = 0;
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), plan(), async (scheduler, drawn) => {
      const driver = new Driver(scheduler, drawn);
      // One step after the other, with any number of answers in between. A call may take many steps.
      const performed = async () => {
        const calls: Promise<void>[] = [];
        for (const step of drawn.steps) {
          await scheduler.schedule(Promise.resolve(), JSON.stringify(step));
          const call = driver.perform(step);
          call.catch(() => {}); // it is awaited below
          calls.push(call);
          // The platform's own work, such as sealing, is not the scheduler's.
          do {
            await nextTurn();
          } while (scheduler.count() === 0 && driver.isExchanging);
        }
        await Promise.all(calls);
      };
      await scheduler.waitFor(performed());
      driver.close();
      await scheduler.waitIdle();
      await nextTurn();
      exchanges += driver.service.exchanges;
    }),
    { ...runs(500), timeout: 30_000 },
  );
  assertHandled();
  assert.ok(exchanges > 0);
});
