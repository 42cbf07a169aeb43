// The causes of errors: the platform's error itself, else its name and its code, else none.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { before, test } from "node:test";
import { runInNewContext } from "node:vm";
import type * as Library from "pay4power-auth";
import { root } from "../scripts/project.mjs";
import { jwt } from "./portable/harness.ts";
import { loadLibrary } from "./support/installed.ts";
import { KEYS } from "./support/secrets.ts";

let lib: typeof Library;

before(async () => {
  lib = await loadLibrary("causes");
});

/** Returns the error of an exchange whose fetch throws this. */
const failureOf = (thrown: unknown, keys = KEYS): Promise<Library.AuthError> =>
  lib.authenticate({ ...keys, retries: 0, fetch: () => Promise.reject(thrown) }).then(
    () => assert.fail("expected a failure"),
    (error) => error,
  );

/** An error with these members of its own. */
const errorWith = (members: object, message = "a") => Object.assign(new Error(message), members);

test("an error without a cause has no such member, and no details", async () => {
  const error = await lib.authenticate({ ...KEYS, publicKey: "" }).then(
    () => assert.fail("expected a failure"),
    (thrown: Library.AuthError) => thrown,
  );
  assert.equal(error.code, "P4P_INVALID_OPTIONS");
  assert.ok(!Object.hasOwn(error, "cause") && !("cause" in error.toJSON()));
  assert.deepEqual(error.errors, []);
  assert.ok(Object.isFrozen(error.errors));
  assert.throws(() => lib.decodeClaims(1 as never), { code: "P4P_BAD_TOKEN", errors: [] });
});

test("an error has the name of its class as the language's errors have it, and the package's brand", () => {
  const nameOf = (Class: { readonly prototype: Error }) =>
    Object.getOwnPropertyDescriptor(Class.prototype, "name");
  const ofLanguage = nameOf(TypeError);
  assert.deepEqual(nameOf(lib.AuthError), { ...ofLanguage, value: "AuthError" });
  // Of another copy of the package in the program.
  assert.ok(lib.isAuthError({ [Symbol.for("pay4power-auth/AuthError")]: true }));
});

test("a harmless error of the language is attached itself", async () => {
  const harmless = [
    ...[Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError].map(
      (Class) => new Class("a"),
    ),
    errorWith({ code: "ECONNREFUSED", errno: -111, fatal: false, detail: undefined, rest: null }),
    new Error("a", { cause: new Error("b", { cause: "text" }) }),
  ];
  for (const thrown of harmless) {
    assert.equal((await failureOf(thrown)).cause, thrown, String(thrown));
  }
  for (const thrown of ["text", 7, true, null]) {
    const error = await failureOf(thrown);
    assert.ok(Object.hasOwn(error, "cause"));
    assert.equal(error.cause, thrown);
    assert.ok(!("cause" in error.toJSON()), "a text is not told in the JSON");
  }
});

test("of any other value only the name and the code are attached", async () => {
  class Own extends Error {}
  const rows: [thrown: unknown, told: object | undefined][] = [
    [{ code: "X" }, { code: "X" }],
    [{ name: "N" }, { name: "N" }],
    [
      { name: 7, code: 8 },
      { name: 7, code: 8 },
    ],
    [{ name: {}, code: [] }, undefined],
    [{ name: Symbol("N"), code: true }, undefined],
    [{}, undefined],
    [{ cause: { code: "DEEP" } }, { code: "DEEP" }],
    [{ code: "X", cause: { code: "DEEP" } }, { code: "X" }],
    [{ name: "N", cause: { name: "DEEP" } }, { name: "N" }],
    [() => {}, { name: "" }],
    [function named() {}, { name: "named" }],
    [Symbol("S"), undefined],
    [new Own("a"), { name: "Error" }],
    [Object.create(Error.prototype), { name: "Error" }],
    [new Proxy(new Error("a"), {}), { name: "Error" }],
    [runInNewContext("new Error('a')"), { name: "Error" }],
    [errorWith({ detail: {} }), { name: "Error" }],
    [errorWith({ detail: () => {} }), { name: "Error" }],
    [errorWith({ detail: Symbol("S") }), { name: "Error" }],
    [errorWith({ cause: new Own("b") }), { name: "Error" }],
  ];
  for (const [index, [thrown, told]] of rows.entries()) {
    const { cause, ...rest } = await failureOf(thrown).then((error) => ({
      cause: error.cause as Error | undefined,
      json: error.toJSON(),
    }));
    const row = `row ${index}`;
    assert.notEqual(cause, thrown, row);
    if (told === undefined) {
      assert.equal(cause, undefined, row);
      assert.ok(!("cause" in rest.json), row);
    } else {
      assert.equal(Object.getPrototypeOf(cause), Error.prototype, row);
      assert.equal(cause?.message, "", row);
      assert.deepEqual({ ...cause }, told, row);
      assert.deepEqual(rest.json.cause, { name: "Error", ...told }, row);
    }
  }
});

test("an error with a getter of its own is not attached, whatever the getter returns", async () => {
  const throws = () => {
    throw new Error("b");
  };
  for (const get of [() => "harmless", throws]) {
    const thrown = Object.defineProperty(new Error("a"), "detail", { get });
    const { cause } = await failureOf(thrown);
    assert.notEqual(cause, thrown);
    assert.deepEqual({ ...(cause as Error) }, { name: "Error" });
  }
});

test("a chain of at most eight errors is attached", async () => {
  const chain = (length: number): Error =>
    length === 1 ? new Error("last") : new Error("a", { cause: chain(length - 1) });
  const [longest, tooLong] = [chain(8), chain(9)];
  assert.equal((await failureOf(longest)).cause, longest);
  const { cause } = await failureOf(tooLong);
  assert.notEqual(cause, tooLong);
  assert.ok(!Object.hasOwn(cause as Error, "cause"));
  const circle: Error = new Error("a");
  circle.cause = circle;
  assert.notEqual((await failureOf(circle)).cause, circle);
});

/** A key with characters that JSON escapes. */
const KEY = 'PRIV_KEY_"one"\\two/three';
const layers = (text: string, times: number): string =>
  times === 0 ? text : layers(JSON.stringify(text).slice(1, -1), times - 1);
const unicode = (text: string) =>
  text.replaceAll(/[^\\]/g, (it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, "0")}`);
const unicodeUpper = (text: string) =>
  text.replaceAll(
    /[^\\]/g,
    (it) => `\\u${it.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`,
  );

test("an error that holds a key is not attached, wherever and however it holds it", async () => {
  const secret = { ...KEYS, privateKey: KEY };
  const spellings = [
    KEY,
    ...[1, 2, 3, 8].map((times) => layers(KEY, times)),
    ...[unicode, unicodeUpper].flatMap((spell) =>
      [0, 1, 3].map((times) => layers(spell("PRIV_KEY_") + KEY.slice(9), times)),
    ),
  ];
  for (const spelling of spellings) {
    const text = `before ${spelling} after`;
    const carriers = [
      new Error(text),
      errorWith({ detail: text }),
      errorWith({ [text]: 1 }),
      errorWith({ [Symbol(text)]: 1 }),
      errorWith({ cause: text }),
      errorWith({ cause: new Error(text) }),
      text,
    ];
    for (const [index, thrown] of carriers.entries()) {
      const { cause } = await failureOf(thrown, secret);
      const told = typeof thrown === "string" ? undefined : { name: "Error" };
      assert.deepEqual(cause && { ...cause }, told, `${index}: ${spelling}`);
    }
  }
  const harmless = new Error("PRIV_KEY_ \\u0050RIV_KEY_ \\\\u004");
  assert.equal((await failureOf(harmless, secret)).cause, harmless);
});

test("a platform that can't start the core is a defect that is told, and the next call tries again", () => {
  const folder = join(root, "target", "consumers", "causes");
  const require = createRequire(join(folder, "fresh.cjs"));
  for (const file of Object.keys(require.cache)) {
    delete require.cache[file];
  }
  const fresh = require("pay4power-auth") as typeof Library;
  const { Instance } = WebAssembly;
  const outOfMemory = new RangeError("out of memory");
  WebAssembly.Instance = class {
    constructor() {
      throw outOfMemory;
    }
  } as unknown as typeof Instance;
  try {
    assert.throws(() => fresh.decodeClaims(jwt({})), {
      name: "AuthError",
      code: "P4P_INTERNAL",
      message: "the library failed where it should not; please report this",
      retryable: false,
      cause: outOfMemory,
    });
  } finally {
    WebAssembly.Instance = Instance;
  }
  assert.deepEqual({ ...fresh.decodeClaims(jwt({})) }, {});
});
