// `credentials`: keys that the client asks for.
import { expect } from "chai";
import type { Credentials, TokenStore } from "pay4power-auth";
import { accepted, type Case, jwt, scripted } from "./harness.ts";
import {
  clientOf,
  eventually,
  failure,
  good,
  withClocksAhead,
  withClocksHeld,
  withTimersHeld,
} from "./make.ts";
import { HOUR, NEW, OLD, REJECTED, rotating } from "./managers.ts";
import { expectHidden } from "./shown.ts";

export const credentialCases: Case[] = [
  {
    name: "credentials are asked for before the first exchange, and kept",
    async run(world) {
      const { client, sent, managerAsked } = rotating(world, HOUR, OLD, NEW);
      expect(managerAsked()).to.equal(0);
      const tokens = await Promise.all(Array.from({ length: 20 }, () => client.getToken()));
      expect(new Set(tokens).size).to.equal(1);
      client.invalidate();
      await client.getToken();
      expect(managerAsked()).to.equal(1);
      expect(sent).to.deep.equal([OLD.privateKey, OLD.privateKey]);
      client.close();
    },
  },
  {
    name: "the time that a manager takes is not the time of the attempt",
    async run(world) {
      let aheadMs = 0;
      let asked = 0;
      await withClocksAhead(
        () => aheadMs,
        async () => {
          const { client, events } = clientOf(world, REJECTED, {
            async credentials() {
              asked += 1;
              aheadMs += asked > 1 ? 9_000 : 0;
              return OLD;
            },
          });
          await failure(client.getToken());
          const { durationMs } = events.find(({ type }) => type === "exchange.failure") ?? {};
          expect(durationMs).to.be.below(9_000);
          client.close();
        },
      );
    },
  },
  {
    name: "a manager that fails is left alone for a while, also by a client with a store",
    async run(world) {
      const store: TokenStore = {
        get: async () => null,
        async set() {},
        async delete() {},
      };
      for (const options of [{}, { store }]) {
        await withClocksHeld(async (move) => {
          let asked = 0;
          let keys: Credentials | undefined;
          const { client, exchanges } = clientOf(world, HOUR, {
            ...options,
            async credentials() {
              asked += 1;
              if (!keys) {
                throw new Error("down");
              }
              return keys;
            },
          });
          const fails = async () =>
            expect((await failure(client.getToken())).code).to.equal("P4P_INVALID_OPTIONS");
          for (const times of [1, 2, 3]) {
            await fails();
            for (const waitedMs of [300, 300]) {
              move(waitedMs);
              await fails();
              expect(asked).to.equal(times);
            }
            move(4_000);
          }
          keys = OLD;
          await client.getToken();
          expect(await exchanges()).to.equal(1);
          client.close();
        });
      }
    },
  },
  {
    name: "what a manager throws is told by its name and code only, and the next call asks again",
    async run(world) {
      const secret = "PRIV_KEY_sandbox_nobody_has_seen";
      const thrown = Object.assign(new TypeError(`no ${secret}`), { code: "ECONNREFUSED", secret });
      const wrong: unknown[] = [
        () => {
          throw thrown;
        },
        () => Promise.reject(thrown),
        () => Promise.reject(secret),
        () => Promise.reject(undefined),
        // No control flow of a framework: that has a text `digest` of its own.
        () => Promise.reject({ digest: 1 }),
        () => Promise.reject(Object.create({ digest: "x" })),
        () => Promise.reject(Object.assign(() => {}, { digest: "x" })),
        () =>
          Promise.reject(
            new Proxy(
              {},
              {
                get() {
                  throw thrown;
                },
              },
            ),
          ),
      ];
      for (const credentials of wrong) {
        await withClocksHeld(async (move) => {
          let ask = credentials as () => Promise<Credentials>;
          const { client, exchanges, types } = clientOf(world, HOUR, { credentials: () => ask() });
          const callers = Array.from({ length: 3 }, () => failure(client.getToken()));
          for (const error of await Promise.all(callers)) {
            expect(error.code).to.equal("P4P_INVALID_OPTIONS");
            expect(error.message).to.include("`credentials`");
            expect(error.retryable).to.equal(true);
            expectHidden(error, secret);
          }
          const { cause } = (await failure(client.getToken())) as { cause?: object };
          if (credentials === wrong[0]) {
            expect(cause).to.include({ name: "TypeError", code: "ECONNREFUSED" });
          }
          expect(await exchanges()).to.equal(0);
          expect(types()).to.deep.equal(["exchange.failure", "cooldown.start"]);
          ask = async () => NEW;
          move(1_100);
          await client.getToken();
          client.close();
        });
      }
    },
  },
  {
    name: "keys of a manager are checked as those of the options are, and read once",
    async run(world) {
      const secret = "PRIV_KEY_sandbox_nobody_has_seen";
      const wrong: [unknown, string][] = [
        [null, "`credentials`"],
        [undefined, "`credentials`"],
        [secret, "`credentials`"],
        [{ privateKey: secret }, "`publicKey`"],
        [{ ...OLD, privateKey: undefined }, "`privateKey`"],
        [{ ...OLD, privateKey: `${secret}\n` }, "`privateKey`"],
        [{ ...OLD, privateKey: [secret] }, "`privateKey`"],
        [{ publicKey: secret, privateKey: secret }, "`publicKey`"],
        [Object.create({ ...OLD }), "`publicKey`"],
        [
          {
            get publicKey() {
              throw new Error(secret);
            },
          },
          "`publicKey`",
        ],
      ];
      for (const [keys, named] of wrong) {
        const credentials = () => keys as Credentials;
        const { client, exchanges } = clientOf(world, HOUR, { credentials });
        const error = await failure(client.getToken());
        expect(error.code, named).to.equal("P4P_INVALID_OPTIONS");
        expect(error.message).to.include(named);
        expectHidden(error, secret);
        expect(await exchanges()).to.equal(0);
        client.close();
      }
      let reads = 0;
      const keys = {
        publicKey: OLD.publicKey,
        get privateKey() {
          reads += 1;
          return OLD.privateKey;
        },
      };
      const { client } = clientOf(world, HOUR, { credentials: () => keys });
      await client.getToken();
      expect(reads).to.equal(1);
      client.close();
    },
  },
  {
    name: "keys of a manager that are wrong are not kept, and the next call asks again",
    async run(world) {
      await withClocksHeld(async (move) => {
        const wrong = { ...OLD, privateKey: "" };
        const { client, sent, managerAsked } = rotating(world, HOUR, wrong, OLD);
        expect((await failure(client.getToken())).code).to.equal("P4P_INVALID_OPTIONS");
        move(4_000);
        await client.getToken();
        expect(managerAsked()).to.equal(2);
        expect(sent).to.deep.equal([OLD.privateKey]);
        client.close();
      });
    },
  },
  {
    name: "a manager that does not answer in time is a time-out, told to all who wait",
    async run(world) {
      const credentials = () => new Promise<Credentials>(() => {});
      const { client, exchanges } = clientOf(world, HOUR, { credentials, timeoutMs: 20 });
      const callers = Array.from({ length: 3 }, () => failure(client.getToken()));
      for (const error of await Promise.all(callers)) {
        expect(error).to.include({ code: "P4P_TIMEOUT", retryable: true });
        expect(error.message).to.include("`credentials` within 20 ms");
      }
      expect(await exchanges()).to.equal(0);
      client.close();
    },
  },
  {
    name: "a slow manager is asked once, whoever else asks meanwhile",
    async run(world) {
      let asked = 0;
      let answer = (_: Credentials) => {};
      let aheadMs = 0;
      await withClocksAhead(
        () => aheadMs,
        async () => {
          const { client, exchanges } = clientOf(world, HOUR, {
            credentials() {
              asked += 1;
              return new Promise<Credentials>((resolve) => {
                answer = resolve;
              });
            },
          });
          const first = client.getToken();
          await eventually(() => asked === 1);
          aheadMs = 5_000; // an exchange that nothing is heard of is given up sooner
          const second = client.getToken();
          answer(OLD);
          expect(await second).to.equal(await first);
          expect(asked).to.equal(1);
          expect(await exchanges()).to.equal(1);
          client.close();
        },
      );
    },
  },
  {
    name: "a client that is closed while its manager is asked makes no exchange, and leaves no timer",
    async run(world) {
      const timeoutMs = 98_765; // no other timer has this time
      await withTimersHeld(timeoutMs, async ({ running }) => {
        let answer = (_: Credentials) => {};
        let asked = 0;
        const { client, exchanges } = clientOf(world, HOUR, {
          timeoutMs,
          deadlineMs: 2 * timeoutMs,
          credentials() {
            asked += 1;
            return new Promise<Credentials>((resolve) => {
              answer = resolve;
            });
          },
        });
        const closed = failure(client.getToken());
        await eventually(() => asked === 1);
        expect(running()).to.equal(1);
        client.close();
        expect((await closed).code).to.equal("P4P_CLOSED");
        await eventually(() => running() === 0);
        answer(OLD);
        const other = clientOf(world, HOUR, { credentials: () => OLD });
        await other.client.getToken();
        expect(await exchanges()).to.equal(0);
        other.client.close();
      });
    },
  },
  {
    name: "a caller that leaves as its manager is asked is told its own reason at once",
    async run(world) {
      const timeoutMs = 98_765; // the manager is silent for longer than a test may take
      const controller = new AbortController();
      const reason = new RangeError("left");
      const { client } = clientOf(world, HOUR, {
        timeoutMs,
        deadlineMs: 2 * timeoutMs,
        credentials() {
          controller.abort(reason);
          return new Promise<Credentials>(() => {});
        },
      });
      expect(await failure(client.getToken({ signal: controller.signal }))).to.equal(reason);
      client.close();
    },
  },
  {
    name: "a framework that gives up its render while a manager is asked is no failure",
    async run(world) {
      const thrown = Object.assign(new Error("x"), { digest: "HANGING_PROMISE_REJECTION" });
      let asked = 0;
      const { client, types } = clientOf(world, HOUR, {
        async credentials() {
          asked += 1;
          if (asked === 1) {
            throw thrown;
          }
          return OLD;
        },
      });
      expect(await failure(client.getToken())).to.equal(thrown);
      await client.getToken();
      expect(types()).to.deep.equal(["exchange.start", "exchange.success"]);
      client.close();
    },
  },
  {
    name: "what merely looks like a framework's control flow is a failure of the manager",
    async run(world) {
      const own = { digest: "HANGING_PROMISE_REJECTION" };
      const numbered = Object.assign(new Error("x"), { digest: 1 });
      for (const thrown of [numbered, Object.create(own), undefined, null]) {
        const { client } = clientOf(world, HOUR, { credentials: () => Promise.reject(thrown) });
        const error = await failure(client.getToken());
        expect(world.lib.isAuthError(error)).to.equal(true);
        expect(error.code).to.equal("P4P_INVALID_OPTIONS");
        client.close();
      }
    },
  },
  {
    name: "the function is called unbound and without arguments",
    async run(world) {
      const calls: unknown[] = [];
      const { client } = clientOf(world, HOUR, {
        credentials(this: unknown, ...given: unknown[]) {
          calls.push(this, given);
          return OLD;
        },
      });
      await client.getToken();
      expect(calls[0] === undefined || calls[0] === globalThis).to.equal(true);
      expect(calls[1]).to.deep.equal([]);
      client.close();
    },
  },
  {
    name: "both keys and credentials, or another thing than a function, are refused; the rest is checked at once",
    async run(world) {
      const { publicKey: _, privateKey: __, ...keyless } = good(world);
      const refusal = (options: object): string => {
        try {
          world.lib.createClient({ ...keyless, ...options } as never);
        } catch (thrown) {
          const error = thrown as { code: string; message: string };
          expect(error.code).to.equal("P4P_INVALID_OPTIONS");
          return error.message;
        }
        return expect.fail("expected a refusal");
      };
      const credentials = () => OLD;
      for (const given of [OLD, { publicKey: OLD.publicKey }, { privateKey: OLD.privateKey }]) {
        expect(refusal({ credentials, ...given })).to.include("`credentials` must be left out");
      }
      for (const wrong of [null, OLD, "PRIV_KEY_sandbox_text", Promise.resolve(OLD)]) {
        const message = refusal({ credentials: wrong });
        expect(message).to.include("`credentials` must be a function");
        expect(message).not.to.include("sandbox");
      }
      expect(refusal({ credentials, timeoutMs: 0 })).to.include("`timeoutMs`");
      expect(refusal({})).to.include("`publicKey`");
      const token = jwt({ exp: 4_000_000_000 });
      const service = scripted(world, { body: accepted({ token, expiresAt: 4_000_000_000 }) });
      const both = { ...keyless, ...OLD, credentials: undefined, tokenUrl: service.url };
      const client = world.lib.createClient(both as never);
      expect((await client.getToken()).value).to.equal(token);
      client.close();
    },
  },
];
