// The arithmetic of a token, in numbers of any size.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import fc from "fast-check";
import type * as Library from "pay4power-auth";
import { accepted } from "../portable/harness.ts";
import { KEYS } from "../support/secrets.ts";
import { anyValue, library, made, runs } from "./support.ts";

let lib: typeof Library;

before(async () => {
  lib = await library("token");
});

/** A token that expires at that moment, in epoch seconds. */
const tokenUntil = (expiresAt: number) =>
  lib.authenticate({
    ...KEYS,
    retries: 0,
    fetch: async () => new Response(accepted({ token: "opaque-token", expiresAt })),
  });

const nowS = () => Math.floor(Date.now() / 1_000);
/** An end in seconds, or in milliseconds: a number this large is read as milliseconds. */
const LARGEST_SECONDS = 100_000_000_000;
const expiry = () =>
  fc.oneof(
    fc.integer({ min: nowS() + 600, max: LARGEST_SECONDS }),
    fc.integer({ min: (nowS() + 600) * 1_000, max: 8_640_000_000_000_000 }),
  );
const wholeMs = () => fc.integer({ min: -(2 ** 51), max: 2 ** 51 });

test("the end, the time left and `isExpired` agree", async () => {
  await fc.assert(
    fc.asyncProperty(
      expiry(),
      fc.array(fc.tuple(wholeMs(), fc.nat(2 ** 30))),
      async (end, others) => {
        const token = await tokenUntil(end);
        const endMs = end > LARGEST_SECONDS ? end : end * 1_000;
        assert.equal(token.expiresAtMs, endMs);
        assert.equal(token.expiresAt.getTime(), endMs);
        assert.equal(token.toJSON().expiresAt, new Date(endMs).toISOString());
        const atTheEnd = [0, 1, 5_000].flatMap((leewayMs) =>
          [-1, 0, 1].map((besideMs) => [endMs - leewayMs + besideMs, leewayMs] as const),
        );
        for (const [nowMs, leewayMs] of [...others, ...atTheEnd]) {
          assert.equal(token.expiresInMs(nowMs), endMs - nowMs);
          assert.equal(token.isExpired({ nowMs, leewayMs }), nowMs >= endMs - leewayMs);
          assert.equal(token.isExpired({ nowMs }), nowMs >= endMs);
        }
      },
    ),
    runs(500),
  );
});

test("what is no number of milliseconds is refused by its name", async () => {
  const token = await tokenUntil(nowS() + 600);
  const isMs = (value: unknown) => typeof value === "number" && Number.isFinite(value);
  const other = fc
    .oneof(anyValue(), fc.constantFrom(Number.NaN, Infinity, -Infinity, "1", null))
    .filter((value) => value !== undefined && !isMs(value));
  fc.assert(
    fc.property(other, (value) => {
      const given = made(value) as number;
      const code = "P4P_INVALID_OPTIONS";
      assert.throws(() => token.expiresInMs(given), { code });
      assert.throws(() => token.isExpired({ nowMs: given }), { code, message: /nowMs/ });
      assert.throws(() => token.isExpired({ leewayMs: given }), { code, message: /leewayMs/ });
    }),
    runs(500),
  );
});

test("any number is taken, and a negative leeway is not", async () => {
  const token = await tokenUntil(nowS() + 600);
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (ms) => {
      assert.equal(token.expiresInMs(ms), token.expiresAtMs - ms);
      assert.equal(token.isExpired({ nowMs: ms }), ms >= token.expiresAtMs);
      if (ms < 0) {
        assert.throws(() => token.isExpired({ leewayMs: ms }), { code: "P4P_INVALID_OPTIONS" });
      }
    }),
    runs(1_000),
  );
});
