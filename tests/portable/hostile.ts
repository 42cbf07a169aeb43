// What a caller's own code may be: a fetch that answers with something of its own making, signals of other
// libraries, a polluted prototype. Each ends in an error that says so, or does no harm.
import { expect } from "chai";
import type { AuthError, AuthenticateOptions, Token } from "pay4power-auth";
import { accepted, type Case, jwt, type World } from "./harness.ts";
import { clientOf, failure, good } from "./make.ts";
import { expectHidden } from "./shown.ts";

const nowS = () => Math.floor(Date.now() / 1_000);

/** The body of a good answer, with these claims. */
function body(claims: object = {}): string {
  const times = { iat: nowS(), exp: nowS() + 3_600 };
  return accepted({ token: jwt({ ...times, ...claims }), expiresAt: nowS() + 3_600 });
}

/** What looks like a good `Response` to those who ask for its name, with `members` of its own. */
function responseLike(members: object): object {
  const { body: stream, headers } = new Response(body());
  const usual = { status: 200, type: "default", redirected: false, headers, body: stream };
  const tag = { [Symbol.toStringTag]: "Response" };
  return Object.create(tag, {
    ...Object.getOwnPropertyDescriptors(usual),
    ...Object.getOwnPropertyDescriptors(members),
  });
}

/** A body whose reader reads what `read` gives. */
const bodyOf = (read: () => unknown) => ({ body: { getReader: () => ({ read }) } });

const chunk = (value: unknown) => bodyOf(() => Promise.resolve({ done: false, value }));

function detached(): Uint8Array {
  const bytes = new Uint8Array(8);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}

function throws(): never {
  throw new Error("a getter's own");
}

/** An exchange whose fetch answers so. How often it was called, and what it has ended in. */
async function answeredWith(world: World, answer: () => unknown) {
  let calls = 0;
  const options: AuthenticateOptions = {
    ...good(world),
    retries: 1,
    fetch: async () => {
      calls += 1;
      return answer() as Response;
    },
  };
  const ended: Token | AuthError = await world.lib.authenticate(options).catch((error) => error);
  return { calls, ended };
}

/** Fails when the core was replaced while it runs: then whoever waits for a token fails too. */
async function harmless(world: World, run: () => Promise<void>): Promise<void> {
  const { client, asked } = clientOf(world, { lifetimeS: 3_600, held: true });
  const waits = failure(client.getToken());
  await asked();
  await run();
  client.close();
  expect((await waits).code).to.equal("P4P_CLOSED");
}

export const hostileCases: readonly Case[] = [
  {
    name: "a Response of somebody's own making is an error that says what is wrong with it",
    run: (world) =>
      harmless(world, async () => {
        const rows: [code: string, found: RegExp, calls: number, members: object][] = [
          ["P4P_BAD_RESPONSE", /status is a symbol/, 1, { status: Symbol("200") }],
          ["P4P_BAD_RESPONSE", /status is a bigint/, 1, { status: 200n }],
          ["P4P_BAD_RESPONSE", /status is a string/, 1, { status: "200" }],
          ["P4P_BAD_RESPONSE", /status is a number/, 1, { status: 65_736 }],
          ["P4P_BAD_RESPONSE", /status is a number/, 1, { status: -1 }],
          ["P4P_BAD_RESPONSE", /status is a number/, 1, { status: Number.NaN }],
          [
            "P4P_BAD_RESPONSE",
            /status is nothing/,
            1,
            Object.defineProperty({}, "status", { get: throws }),
          ],
          ["P4P_BAD_RESPONSE", /empty body/, 2, { body: null }],
          ["P4P_BAD_RESPONSE", /something else than bytes/, 2, bodyOf(() => 5)],
          ["P4P_BAD_RESPONSE", /something else than bytes/, 2, bodyOf(() => null)],
          ["P4P_BAD_RESPONSE", /something else than bytes/, 2, chunk("text")],
          ["P4P_BAD_RESPONSE", /something else than bytes/, 2, chunk(new Uint16Array(4))],
          ["P4P_BAD_RESPONSE", /empty chunks/, 2, chunk(new Uint8Array(0))],
          ["P4P_NETWORK", /broke/, 2, bodyOf(throws)],
          ["P4P_NETWORK", /broke/, 2, { body: { getReader: throws } }],
          ["P4P_NETWORK", /broke/, 2, { body: { getReader: () => null } }],
          // Such as node-fetch's.
          ["P4P_INVALID_OPTIONS", /`fetch` must be/, 1, { body: { pipe() {} } }],
          ["P4P_INVALID_OPTIONS", /`fetch` must be/, 1, { body: "text" }],
        ];
        for (const [code, found, calls, members] of rows) {
          const answered = await answeredWith(world, () => responseLike(members));
          const row = `${found}: ${String(answered.ended)}`;
          expect(answered.ended, row).to.be.instanceOf(world.lib.AuthError).and.include({ code });
          expect((answered.ended as AuthError).message, row).to.match(found);
          expect(answered.calls, row).to.equal(calls);
        }
      }),
  },
  {
    name: "what a Response need not have is not needed",
    run: (world) =>
      harmless(world, async () => {
        const rows: object[] = [
          {},
          { headers: null },
          { headers: 5 },
          { headers: { get: () => 5 } },
          { headers: { get: throws } },
          { type: 5, redirected: 0 },
        ];
        for (const members of rows) {
          const { ended } = await answeredWith(world, () => responseLike(members));
          expect(ended, String(ended)).to.be.instanceOf(world.lib.Token);
        }
      }),
  },
  {
    name: "bytes whose buffer is gone are no bytes",
    run: (world) =>
      harmless(world, async () => {
        if (typeof structuredClone !== "undefined") {
          const { ended } = await answeredWith(world, () => responseLike(chunk(detached())));
          expect(ended).to.include({ code: "P4P_BAD_RESPONSE" });
        }
      }),
  },
  {
    name: "a body that is not read to its end is cancelled, also by a fetch that heeds no signal",
    async run(world) {
      for (const status of [200, 302]) {
        let cancelled = 0;
        const stream = new ReadableStream({
          pull: (it) => it.enqueue(new Uint8Array(600_000)),
          cancel() {
            cancelled += 1;
            throw new Error("whoever reads it does not care");
          },
        });
        const { ended } = await answeredWith(world, () => responseLike({ status, body: stream }));
        expect(ended).to.be.instanceOf(world.lib.AuthError);
        expect(cancelled, String(status)).to.equal(1);
      }
    },
  },
  {
    name: "no token outlives what a Date can tell",
    async run(world) {
      const claims = { iat: -9_007_199_254_740, exp: 9_007_199_254_740 };
      const far = { token: jwt(claims), expiresAt: 9_007_199_254_740 };
      const { ended } = await answeredWith(world, () => new Response(accepted(far)));
      const token = ended as Token;
      expect(token, String(ended)).to.be.instanceOf(world.lib.Token);
      expect(token.expiresAt.toISOString()).to.equal("+275760-09-13T00:00:00.000Z");
      expect(JSON.stringify(token)).to.include("+275760").and.not.include(token.value);
      expect(token.isExpired()).to.equal(false);
    },
  },
  {
    name: "a signal that is none is named, and one that refuses its listener does no harm",
    async run(world) {
      const { signal } = new AbortController();
      const like = (members: object) =>
        Object.assign(
          { aborted: false, throwIfAborted() {}, addEventListener() {}, removeEventListener() {} },
          members,
        ) as unknown as AbortSignal;
      const { client } = clientOf(world, { lifetimeS: 3_600 });
      for (const name of ["throwIfAborted", "addEventListener", "removeEventListener"]) {
        const bad = like({ [name]: undefined });
        for (const call of [
          () => world.lib.authenticate({ ...good(world), signal: bad }),
          () => client.getToken({ signal: bad }),
        ]) {
          const error = await failure(call());
          expect(error).to.include({ code: "P4P_INVALID_OPTIONS" });
          expect(error.message).to.include("`signal` must be an AbortSignal");
        }
      }
      for (const members of [{ addEventListener: throws }, { removeEventListener: throws }]) {
        const token = await world.lib.authenticate({ ...good(world), signal: like(members) });
        expect(token).to.be.instanceOf(world.lib.Token);
      }
      await world.lib.authenticate({ ...good(world), signal });
      await client.getToken();
      const bad = (name: string) => Object.defineProperty({}, name, { get: throws });
      for (const call of [
        () => client.getToken(bad("signal")), // with a token at hand
        () => {
          client.invalidate();
          return client.getToken(bad("signal"));
        },
        () => client.getToken(bad("waitUntil")),
      ]) {
        const error = await failure(call());
        expect(error).to.include({ code: "P4P_INVALID_OPTIONS" });
        expect(error.message).to.include("a getter that throws");
      }
      client.close();
    },
  },
  {
    name: "a setter on Object.prototype is given no key",
    async run(world) {
      const told: unknown[] = [];
      const names = ["publicKey", "privateKey", "environment", "authorization"];
      for (const name of names) {
        const set = (value: unknown) => told.push(value);
        Object.defineProperty(Object.prototype, name, { configurable: true, set });
      }
      let ended: unknown;
      try {
        ended = await world.lib.authenticate(good(world)).catch((error: unknown) => error);
      } finally {
        for (const name of names) {
          Reflect.deleteProperty(Object.prototype, name);
        }
      }
      expectHidden(told, world.privateKey);
      expect(ended).to.be.instanceOf(world.lib.Token);
    },
  },
];
