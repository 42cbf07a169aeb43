// A store that returns anything: the client takes a token from it only if it is whole, and asks the service otherwise.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { before, test } from "node:test";
import fc from "fast-check";
import type * as Library from "pay4power-auth";
import { accepted } from "../portable/harness.ts";
import { derive, seal } from "../support/independent-seal.ts";
import { KEYS } from "../support/secrets.ts";
import {
  anyText,
  anyValue,
  assertHidden,
  library,
  made,
  nextTurn,
  runs,
  watchUnhandled,
} from "./support.ts";

let lib: typeof Library;

before(async () => {
  lib = await library("stored");
});

const tokenUrl = "https://service.example/auth/token";
const IDENTITY = { ...KEYS, tokenUrl, environment: "TEST" };
const FRESH = "opaque-token-of-the-service";
const fetch = async () => new Response(accepted({ token: FRESH, expiresAt: 4_102_444_800 }));

/** Returns the token that a client gets with this store, and its events. */
async function tokenWith(get: () => unknown) {
  const events: Library.ClientEvent[] = [];
  const store = { get: async () => get() as string, set: async () => {}, delete: async () => {} };
  const onEvent = (event: Library.ClientEvent) => void events.push(event);
  const client = lib.createClient({ ...KEYS, tokenUrl, fetch, store, onEvent });
  const token = await client.getToken();
  client.close();
  assertHidden(events, [KEYS.privateKey, FRESH]);
  return { token, events: events.map(({ type }) => type) };
}

test("a store that returns any value counts as empty", async () => {
  const assertHandled = watchUnhandled();
  await fc.assert(
    fc.asyncProperty(anyValue(), async (value) => {
      const { token, events } = await tokenWith(() => made(value));
      assert.equal(token.value, FRESH);
      assert.ok(events[0] === "store.miss" || events[0] === "store.error", events[0]);
    }),
    runs(500),
  );
  await nextTurn();
  assertHandled();
});

/** The text of a stored token, with one member of any kind. */
const member = (good: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 4, arbitrary: good }, { weight: 1, arbitrary: fc.jsonValue() });
const nowMs = Date.now();
const text = () =>
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .record(
          {
            token: member(
              fc.constantFrom("stored-token", "a b", "é", "x".repeat(16_385), "y".repeat(16_384)),
            ),
            expiresAt: member(fc.integer({ min: nowMs - 100_000, max: nowMs + 10_000_000 })),
            correlationId: member(anyText()),
          },
          { requiredKeys: [] },
        )
        .map((stored) => JSON.stringify(stored)),
    },
    fc.json(),
    anyText(),
  );

test("a sealed value of any content is a token only if it says when it ends", async () => {
  let hits = 0;
  await fc.assert(
    fc.asyncProperty(text(), async (stored) => {
      const sealed = seal(IDENTITY, randomBytes(12), stored ?? "");
      const { token, events } = await tokenWith(() => sealed);
      if (token.value === FRESH) {
        assert.equal(events[0], "store.miss");
        return;
      }
      hits += 1;
      const parsed = JSON.parse(stored ?? "") as { token: string; expiresAt: number };
      assert.equal(token.value, parsed.token);
      assert.match(token.value, /^[\w.~+/=-]{1,16384}$/);
      assert.ok(Number(parsed.expiresAt) > nowMs && token.expiresAtMs > nowMs);
      assert.deepEqual(events, ["store.hit"]);
    }),
    runs(500),
  );
  assert.ok(hits > 0, "some are whole");
});

test("one changed character makes a sealed value unreadable", async () => {
  const sealed = seal(
    IDENTITY,
    randomBytes(12),
    JSON.stringify({
      token: "stored-token",
      expiresAt: Date.now() + 3_600_000,
      correlationId: "id-1",
    }),
  );
  assert.equal((await tokenWith(() => sealed)).token.value, "stored-token");
  assert.match(derive(IDENTITY).name, /^[\da-f]{64}$/);
  await fc.assert(
    fc.asyncProperty(
      fc.nat(sealed.length - 1),
      fc.string({ minLength: 1, maxLength: 1 }),
      async (at, other) => {
        fc.pre(sealed[at] !== other);
        const { token } = await tokenWith(() => sealed.slice(0, at) + other + sealed.slice(at + 1));
        assert.equal(token.value, FRESH);
      },
    ),
    runs(300),
  );
});
