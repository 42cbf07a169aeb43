// Options of any shape: the package takes them or refuses them by name, and shows no key.
import assert from "node:assert/strict";
import { before, mock, test } from "node:test";
import fc from "fast-check";
import type * as Library from "pay4power-auth";
import { accepted as acceptedBody } from "../portable/harness.ts";
import { KEYS } from "../support/secrets.ts";
import {
  anyText,
  anyValue,
  assertHidden,
  library,
  made,
  nextTurn,
  runs,
  settled,
  watchUnhandled,
} from "./support.ts";

let lib: typeof Library;

before(async () => {
  lib = await library("options");
  // The package warns of unknown names, and never with a key.
  mock.method(console, "warn", (...words: unknown[]) => assertHidden(words, [KEY]));
});

/** The codes of errors before anything is sent. */
const BEFORE = ["P4P_INVALID_OPTIONS", "P4P_INSECURE_URL"];

const KEY = "PRIV_KEY_sandbox-of-this-run";
const expiresAt = 4_102_444_800;
const answer = async () =>
  new Response(acceptedBody({ token: "opaque-token", expiresAt, tokenType: "Bearer" }));

/** Values for the option `name`: good ones, nearly good ones, and any others. */
const mostly = (good: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 25, arbitrary: good }, { weight: 1, arbitrary: anyValue() });
const number = (max: number) =>
  fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 1, max }) },
    fc.integer({ min: -1, max: max + 1 }),
    fc.double(),
    fc.constantFrom(0, 0.5, max, `${max}`),
  );
const address = () =>
  fc.oneof(
    { weight: 4, arbitrary: fc.webUrl({ validSchemes: ["https"] }) },
    fc.constantFrom(
      "http://127.0.0.1/token",
      "https://service.example",
      new URL("https://service.example/"),
    ),
    fc
      .tuple(fc.constantFrom("https://", "http://", "http://localhost", "ftp://", "//"), anyText())
      .map((parts) => parts.join("")),
  );
const flag = (good: unknown) => fc.constantFrom(good, undefined);

const options = () =>
  fc.record(
    {
      publicKey: mostly(
        fc.constantFrom(...Array<string>(8).fill(KEYS.publicKey), ` ${KEYS.publicKey}`, KEY),
      ),
      privateKey: mostly(
        fc.constantFrom(...Array<string>(8).fill(KEY), `${KEY}\n`, `${KEY}${"x".repeat(4_100)}`),
      ),
      environment: mostly(fc.constantFrom("TEST", "TEST", "LIVE", "")),
      tokenUrl: mostly(address()),
      timeoutMs: mostly(number(120_000)),
      retries: mostly(number(10)),
      deadlineMs: mostly(number(600_000)),
      authorization: mostly(fc.constantFrom(`Bearer ${KEY}`, "Basic é", "a\r\nb: c")),
      dangerouslyAllowBrowser: mostly(flag(true)),
      fetch: mostly(fc.constant(answer)),
      signal: mostly(flag(new AbortController().signal)),
      baseUrl: mostly(address()),
      refreshAhead: mostly(fc.oneof(fc.double({ min: 0, max: 0.9, noNaN: true }), fc.double())),
      requestTimeoutMs: mostly(number(600_000)),
      store: mostly(flag({ get: async () => null, set: async () => {}, delete: async () => {} })),
      onEvent: mostly(flag(() => {})),
      waitUntil: mostly(flag(() => {})),
      credentials: mostly(flag(undefined)),
    },
    { requiredKeys: ["fetch", "publicKey", "privateKey"] },
  );

type Given = Record<string, unknown>;
const madeOptions = (given: object): Given =>
  Object.fromEntries(Object.entries(given).map(([name, value]) => [name, made(value)]));

function assertRefused(thrown: unknown): void {
  assert.ok(
    lib.isAuthError(thrown),
    `an AuthError, not ${typeof thrown} ${Object.prototype.toString.call(thrown)}`,
  );
  assert.ok(BEFORE.includes(thrown.code), `${thrown.code}: ${thrown.message}`);
  assert.equal(thrown.retryable, false);
  assertHidden(thrown, [KEY]);
}

test("createClient returns a client or throws an AuthError that names the option", async () => {
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(options(), async (drawn) => {
      const given = madeOptions(drawn);
      let client: Library.Client;
      try {
        client = lib.createClient(given as never);
      } catch (thrown) {
        assertRefused(thrown);
        return;
      }
      accepted += 1;
      assert.equal(client.state().token, "none");
      assertHidden(client, [KEY]);
      client.close();
    }),
    runs(1_500),
  );
  assert.ok(accepted > 0, "some options are good");
});

test("authenticate never throws: it rejects with an AuthError, or resolves if nothing is wrong", async () => {
  const assertHandled = watchUnhandled();
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(options(), async (drawn) => {
      const given = madeOptions(drawn);
      const { fetch } = given;
      const isOwn = fetch === answer;
      // Any other function answers nothing that is good, and the package would try again.
      const result = await settled(
        lib.authenticate({ ...given, ...(!isOwn && { retries: 0 }) } as never),
      );
      if ("value" in result) {
        assert.equal(result.value.value, "opaque-token");
        accepted += 1;
      } else if (isOwn) {
        assertRefused(result.reason);
      } else {
        assert.ok(lib.isAuthError(result.reason));
        assertHidden(result.reason, [KEY]);
      }
    }),
    runs(1_500),
  );
  await nextTurn();
  assertHandled();
  assert.ok(accepted > 0, "some options are good");
});

test("options that are no object at all are refused", async () => {
  await fc.assert(
    fc.asyncProperty(anyValue(), async (drawn) => {
      const given = made(drawn);
      const result = await settled(lib.authenticate(given as never));
      assert.ok("reason" in result);
      assertRefused(result.reason);
      assert.throws(
        () => lib.createClient(given as never),
        (thrown) => {
          assertRefused(thrown);
          return true;
        },
      );
    }),
    runs(500),
  );
});

test("an option whose getter throws is refused by its name", async () => {
  const names = ["publicKey", "tokenUrl", "retries", "authorization", "fetch", "environment"];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), anyValue(), async (name, drawn) => {
      const get = () => {
        throw made(drawn);
      };
      const given = { ...KEYS, privateKey: KEY, fetch: answer };
      Object.defineProperty(given, name, { get, enumerable: true });
      const result = await settled(lib.authenticate(given as never));
      assert.ok("reason" in result);
      assertRefused(result.reason);
      assert.match(String(result.reason), new RegExp(`\`${name}\``));
    }),
    runs(300),
  );
});
