// What is wrong with an argument, word for word: what was expected, and what was found.
import { expect } from "chai";
import type { Token } from "pay4power-auth";
import type { Case, World } from "./harness.ts";
import { failure, good } from "./make.ts";

/** Values of each type, and how an error calls them. */
const VALUES: readonly (readonly [found: string, value: unknown])[] = [
  ["nothing", undefined],
  ["null", null],
  ["a string", "text"],
  ["a number", 7],
  ["a boolean", true],
  ["a bigint", 7n],
  ["a symbol", Symbol("text")],
  ["a function", () => {}],
  ["an object", []],
];

const unreadable = (name: string): object =>
  Object.defineProperty({}, name, {
    get() {
      throw new Error("of a getter");
    },
  });

const STORE = "`store` must be an object, with `get`, `set`, `delete`";
const SIGNAL =
  "`signal` must be an AbortSignal, with `addEventListener`, `removeEventListener`, `throwIfAborted`";
const MILLISECONDS = "must be a finite number of milliseconds";
const LEFT_OUT = "`credentials` must be left out where `publicKey` or `privateKey` is given";

/** A call, the types that it takes, and the beginning of the error for any other value. */
type TypeRow = readonly [
  call: (value: never) => unknown,
  taken: readonly string[],
  expected: string,
];

/** A call with a value that is of the right type, and wrong all the same. */
type ValueRow = readonly [call: () => unknown, message: string];

function rowsOf(world: World, token: Token) {
  const { lib } = world;
  const keys = good(world);
  const { publicKey: _, privateKey: __, ...keyless } = keys;
  const create = (options: object) => lib.createClient(options as never);
  const functions = ["fetch", "onEvent", "waitUntil"];
  const types: TypeRow[] = [
    [(options) => lib.authenticate(options), ["an object"], "`options` must be an object"],
    [create, ["an object"], "`options` must be an object"],
    [(store) => create({ ...keys, store }), ["nothing"], STORE],
    [(signal) => lib.authenticate({ ...keys, signal }), ["nothing"], SIGNAL],
    ...functions.map(
      (name): TypeRow => [
        (value) => create({ ...keys, [name]: value }),
        ["nothing", "a function"],
        `\`${name}\` must be a function`,
      ],
    ),
    [
      (credentials) => create({ ...keyless, credentials }),
      ["nothing", "a function"],
      "`credentials` must be a function",
    ],
    [
      (value) => create({ ...keyless, credentials: () => value }).getToken(),
      ["an object"],
      "`credentials` must be an object",
    ],
    [
      (options) => token.isExpired(options),
      ["nothing", "an object"],
      "`options` must be an object",
    ],
    ...["leewayMs", "nowMs"].map(
      (name): TypeRow => [
        (value) => token.isExpired({ [name]: value }),
        ["nothing", "a number"],
        `\`${name}\` ${MILLISECONDS}`,
      ],
    ),
    [(nowMs) => token.expiresInMs(nowMs), ["nothing", "a number"], `\`nowMs\` ${MILLISECONDS}`],
    [(value) => lib.decodeClaims(value), ["a string"], "expected the text of a JWT"],
  ];
  const store = unreadable("get");
  const signal = unreadable("addEventListener") as AbortSignal;
  const values: ValueRow[] = [
    [() => create({ ...keys, credentials: async () => keys }), `${LEFT_OUT}, found both`],
    [() => create({ ...keys, store }), `${STORE}, found a getter that throws`],
    [() => lib.authenticate({ ...keys, signal }), `${SIGNAL}, found a getter that throws`],
    [() => token.isExpired({ leewayMs: Number.NaN }), `\`leewayMs\` ${MILLISECONDS}, found NaN`],
    [() => token.isExpired({ nowMs: -Infinity }), `\`nowMs\` ${MILLISECONDS}, found -Infinity`],
    [() => token.expiresInMs(Infinity), `\`nowMs\` ${MILLISECONDS}, found Infinity`],
    [
      () => token.isExpired({ leewayMs: -0.5 }),
      "`leewayMs` must be a number of milliseconds, 0 or more, found -0.5",
    ],
  ];
  const ofTypes = types.flatMap(([call, taken, expected]) =>
    VALUES.filter(([found]) => !taken.includes(found)).map(
      ([found, value]): ValueRow => [() => call(value as never), `${expected}, found ${found}`],
    ),
  );
  return [...ofTypes, ...values];
}

export const argumentCases: Case[] = [
  {
    name: "an error for an argument says what was expected and what was found",
    async run(world) {
      const token = await world.lib.authenticate(good(world));
      for (const [call, message] of rowsOf(world, token)) {
        const error = await failure((async () => call())());
        expect(error).to.include({ name: "AuthError", message, retryable: false });
        const isOfToken = message.startsWith("expected the text of a JWT");
        expect(error.code).to.equal(isOfToken ? "P4P_BAD_TOKEN" : "P4P_INVALID_OPTIONS");
      }
    },
  },
];
