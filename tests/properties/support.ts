// What the property tests share: the package from its tarball, how many runs they make, and what no error may show.
import assert from "node:assert/strict";
import { inspect } from "node:util";
import fc from "fast-check";
import type * as Library from "pay4power-auth";
import { loadLibrary } from "../support/installed.ts";
import { assertNoSecret } from "../support/leaks.ts";
import { KEYS } from "../support/secrets.ts";

/** How many times as many runs the long form makes, each time with other values. */
const factor = Number(process.env["PAY4POWER_PROPERTY_FACTOR"] ?? "1");

/** The seed of the quick form. A failure prints the seed and the path that replay it. */
const SEED = 20_261_128;

/** Parameters for `fc.assert`. A run that takes more than a minute fails: something hangs. */
export const runs = (count: number): fc.Parameters<unknown> & { timeout?: number } => ({
  numRuns: count * factor,
  ...(factor === 1 && { seed: SEED }),
});

export async function library(name: string): Promise<typeof Library> {
  return loadLibrary(`properties-${name}`);
}

/** Texts of any kind: short, long, with half surrogate pairs, with names that every object has. */
export const anyText = (): fc.Arbitrary<string> =>
  fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.string({ unit: "binary" }),
    fc.string({ unit: "grapheme-ascii", maxLength: 5_000 }),
    fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
    fc.constantFrom(
      "__proto__",
      "constructor",
      "toString",
      "valueOf",
      "\u0000",
      "\ufeff",
      "\u2028",
    ),
  );

/** Any value: what `fc.anything` makes, and objects that behave badly when they are read. `made` makes the last ones. */
export const anyValue = (): fc.Arbitrary<unknown> =>
  fc.oneof(
    fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withTypedArray: true,
      withSparseArray: true,
    }),
    anyText(),
    fc.constantFrom(...Object.keys(HOSTILE)).map((name) => new Hostile(name)),
  );

/** Stands for an object that fast-check itself could not read. */
class Hostile {
  readonly kind: string;

  constructor(kind: string) {
    this.kind = kind;
  }
}

/** Returns the value that a value of {@link anyValue} stands for. */
export const made = (value: unknown): unknown =>
  value instanceof Hostile ? HOSTILE[value.kind]?.() : value;

class HostileError extends RangeError {}
const throws = () => {
  throw new HostileError("a getter of the caller's");
};

/** Returns true if a value of {@link anyValue} has thrown this. */
export const isHostileError = (thrown: unknown): boolean => thrown instanceof HostileError;

const HOSTILE: Readonly<Record<string, () => unknown>> = {
  throwingProxy: () =>
    new Proxy(
      {},
      {
        get: throws,
        has: throws,
        ownKeys: throws,
        getOwnPropertyDescriptor: throws,
        getPrototypeOf: throws,
      },
    ),
  revokedProxy() {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  throwingText: () => ({ toString: throws, valueOf: throws, [Symbol.toPrimitive]: throws }),
  throwingLength: () => Object.defineProperty({}, "length", { get: throws, enumerable: true }),
  frozen: () => Object.freeze(Object.create(null)),
  symbol: () => Symbol("text"),
  bigint: () => 10n,
  function: () => () => {},
  wrongDate: () => new Date(Number.NaN),
  url: () => new URL("https://service.example/"),
  promise: () => Promise.resolve(1),
};

/** Fails if an inspector that shows everything finds a secret in `shown`. */
export function assertHidden(shown: unknown, secrets: readonly string[] = [KEYS.privateKey]): void {
  const { message, stack } = Object(shown) as { message?: string; stack?: string };
  const texts = [inspect(shown, { depth: 10, showHidden: true, getters: false }), message, stack];
  texts.push(shown instanceof Error ? JSON.stringify(shown) : "");
  assertNoSecret(texts.join("\n"), secrets);
}

/** What a promise settles with. */
export type Settled<Value> = { readonly value: Value } | { readonly reason: unknown };

export const settled = <Value>(promise: Promise<Value>): Promise<Settled<Value>> =>
  promise.then(
    (value) => ({ value }),
    (reason: unknown) => ({ reason }),
  );

/** Fails if a promise of this process rejects and nobody handles it. */
export function watchUnhandled(): () => void {
  const unhandled: unknown[] = [];
  const listener = (reason: unknown) => void unhandled.push(reason);
  process.on("unhandledRejection", listener);
  return () => {
    process.off("unhandledRejection", listener);
    assert.deepEqual(unhandled, [], "unhandled rejections");
  };
}

/** Lets every task that is due run, and so the events of unhandled rejections. */
export const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));
