// A client beside a naive model of it: the same commands, one after the other, and the same results.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import type * as Library from "pay4power-auth";
import { KEYS } from "../support/secrets.ts";
import { library, nextTurn, runs, settled } from "./support.ts";
import { BASE_URL, Clock, type ExchangeAnswer, Service, TOKEN_URL } from "./world.ts";

let lib: typeof Library;
let clock: Clock;

before(async () => {
  lib = await library("client-model");
  clock = new Clock();
});
after(() => clock.restore());

const LIFETIME_MS = 60_000;
const CODES = {
  unavailable: "P4P_SERVICE_UNAVAILABLE",
  rejected: "P4P_CREDENTIALS_REJECTED",
  broken: "P4P_NETWORK",
  page: "P4P_BAD_RESPONSE",
} as const;
type Code = (typeof CODES)[keyof typeof CODES];

/** What the model knows of a client. */
interface Model {
  token: { readonly value: string; readonly expiresAtMs: number; isRevoked: boolean } | undefined;
  /** The failure with which calls fail until `untilMs`. */
  failure: { readonly code: Code; readonly untilMs: number } | undefined;
  failures: number;
  rejections: number;
  exchanges: number;
  isClosed: boolean;
}

interface Real {
  readonly client: Library.Client;
  readonly service: Service;
}

/** Whether a client hands out its token without an exchange. In between, chance decides. */
function phaseOf({ token }: Model): "fresh" | "between" | "none" {
  const leftMs = token ? token.expiresAtMs - clock.nowMs : 0;
  return leftMs < 1_000 ? "none" : leftMs > 0.31 * LIFETIME_MS ? "fresh" : "between";
}

/** Records an exchange with this answer. */
function exchanged(model: Model, answer: ExchangeAnswer, { service }: Real): void {
  model.exchanges += 1;
  if (answer === "token") {
    const issued = service.tokens.at(-1);
    assert.ok(issued);
    Object.assign(model, { token: issued, failure: undefined, failures: 0, rejections: 0 });
    return;
  }
  let coolDownMs = 0; // a failed refresh: the client has a token
  if (answer === "rejected") {
    model.rejections += 1;
    coolDownMs = Math.min(30_000 * 2 ** (model.rejections - 1), 600_000);
  } else if (phaseOf(model) === "none") {
    model.failures += 1;
    coolDownMs = Math.min(1_000 * 2 ** (model.failures - 1), 60_000);
  }
  model.failure = { code: CODES[answer], untilMs: clock.nowMs + coolDownMs };
}

/** The result of a call without a token: "token", or the code of the error. */
function askWithoutToken(model: Model, answer: ExchangeAnswer, real: Real): string {
  model.token = undefined;
  if (model.failure && clock.nowMs < model.failure.untilMs) {
    return model.failure.code;
  }
  exchanged(model, answer, real);
  return answer === "token" ? "token" : CODES[answer];
}

class GetToken implements fc.AsyncCommand<Model, Real> {
  check = () => true;

  async run(model: Model, real: Real): Promise<void> {
    const answer = real.service.nextAnswer;
    const result = await settled(real.client.getToken());
    await idle(real);
    if (model.isClosed) {
      assertCode(result, "P4P_CLOSED");
    } else if (phaseOf(model) === "none") {
      const expected = askWithoutToken(model, answer, real);
      if (expected === "token") {
        assertToken(result, [model.token?.value]);
      } else {
        assertCode(result, expected);
      }
    } else {
      const before = model.token?.value;
      if (phaseOf(model) === "between" && real.service.exchanges > model.exchanges) {
        exchanged(model, answer, real);
      }
      assertToken(result, [before, model.token?.value]);
    }
    assert.equal(real.service.exchanges, model.exchanges);
  }

  toString = () => "getToken()";
}

class Get implements fc.AsyncCommand<Model, Real> {
  // Between, a refresh may begin beside the request, and either may end first.
  check = (model: Readonly<Model>) => phaseOf(model) !== "between";

  async run(model: Model, real: Real): Promise<void> {
    const answer = real.service.nextAnswer;
    const result = await settled(real.client.fetch("/services"));
    await idle(real);
    if (model.isClosed) {
      return assertCode(result, "P4P_CLOSED");
    }
    if (phaseOf(model) === "none") {
      const expected = askWithoutToken(model, answer, real);
      if (expected !== "token") {
        return assertCode(result, expected);
      }
    } else if (model.token?.isRevoked) {
      const expected = askWithoutToken(model, answer, real);
      assert.equal("value" in result && result.value.status, expected === "token" ? 200 : 401);
      return assert.equal(real.service.exchanges, model.exchanges);
    }
    assert.equal("value" in result && result.value.status, 200);
    assert.equal(real.service.exchanges, model.exchanges);
  }

  toString = () => "fetch()";
}

/** A command that only changes something. */
class Change implements fc.AsyncCommand<Model, Real> {
  readonly #name: string;
  readonly #change: (model: Model, real: Real) => void;

  constructor(name: string, change: (model: Model, real: Real) => void) {
    this.#name = name;
    this.#change = change;
  }

  check = () => true;

  async run(model: Model, real: Real): Promise<void> {
    this.#change(model, real);
    const { token, circuit } = real.client.state();
    assert.ok(phaseOf(model) !== "fresh" || token === "fresh", token);
    assert.ok(model.token !== undefined || token === "none" || token === "expired", token);
    assert.equal(circuit, model.rejections > 0 ? "open" : "closed");
  }

  toString = () => this.#name;
}

const changes: readonly Change[] = [
  new Change("revoke", (_, { service }) => service.revokeAll()),
  new Change("invalidate()", (model, { client }) => {
    client.invalidate();
    model.token = undefined;
  }),
  new Change("reset()", (model, { client }) => {
    client.reset();
    Object.assign(model, { failure: undefined, failures: 0, rejections: 0 });
  }),
];
const close = new Change("close()", (model, { client }) => {
  client.close();
  Object.assign(model, { token: undefined, isClosed: true, rejections: 0 });
});
const pass = (ms: number) =>
  new Change(`pass ${ms} ms`, () => {
    clock.nowMs += ms;
  });

/** Waits until no exchange is in flight: a refresh may go on in the background. */
async function idle({ client }: Real): Promise<void> {
  do {
    await nextTurn();
  } while (client.state().exchanging);
}

function assertCode(result: object, code: string): void {
  assert.ok("reason" in result && lib.isAuthError(result.reason), `${code} is expected`);
  assert.equal(result.reason.code, code);
}

function assertToken(result: object, values: readonly (string | undefined)[]): void {
  const { reason, value } = result as { reason?: Error; value?: Library.Token };
  assert.ok(value !== undefined && values.includes(value.value), `${value?.value} ${reason}`);
}

const ANSWERS: readonly ExchangeAnswer[] = [
  "token",
  "token",
  "unavailable",
  "rejected",
  "broken",
  "page",
];

test("a client does what a naive model of it does", async () => {
  const commands = fc.commands(
    [
      fc.constant(new GetToken()),
      fc.constant(new Get()),
      fc.oneof(fc.nat(2_000), fc.nat(LIFETIME_MS), fc.constant(600_000)).map(pass),
      fc.constantFrom(...changes),
      fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom(...changes) },
        { weight: 1, arbitrary: fc.constant(close) },
      ),
    ],
    { maxCommands: 40 },
  );
  const answers = fc.array(fc.constantFrom(...ANSWERS), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(commands, answers, async (drawn, answers) => {
      const service = new Service(clock, async () => {}, answers, LIFETIME_MS);
      const fetch = service.fetch as never;
      const options = { ...KEYS, tokenUrl: TOKEN_URL, baseUrl: BASE_URL, retries: 0, fetch };
      const client = lib.createClient(options);
      const model: Model = {
        token: undefined,
        failure: undefined,
        failures: 0,
        rejections: 0,
        exchanges: 0,
        isClosed: false,
      };
      await fc.asyncModelRun(() => ({ model, real: { client, service } }), drawn);
      client.close();
      service.assertHeld();
    }),
    { ...runs(1_000), timeout: 30_000 },
  );
});
