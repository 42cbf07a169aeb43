// `credentials`: keys that are asked for, and that change under a running client.
import { expect } from "chai";
import type { Credentials, TokenStore } from "pay4power-auth";
import { accepted, type Case, jwt, type Script, scripted, type World } from "./harness.ts";
import {
  clientOf,
  DUE_MS,
  eventually,
  failure,
  good,
  withClocksAhead,
  withClocksHeld,
  withTimersHeld,
} from "./make.ts";

const HOUR: Script = { lifetimeS: 3_600 };
const REJECTED: Script = { status: 401, body: '{"success":false,"statusCode":401}' };

const OLD: Credentials = { publicKey: "PUB_KEY_sandbox_old", privateKey: "PRIV_KEY_sandbox_old" };
const NEW: Credentials = { publicKey: "PUB_KEY_sandbox_new", privateKey: "PRIV_KEY_sandbox_new" };

/** A secrets manager that has these keys in turn, the last ones for ever. */
function manager(...keys: readonly Credentials[]) {
  let asked = 0;
  return {
    asked: () => asked,
    async credentials(): Promise<Credentials> {
      asked += 1;
      return keys[Math.min(asked, keys.length) - 1] as Credentials;
    },
  };
}

/** A client whose manager has `keys` in turn, and the private keys that its exchanges sent. */
function rotating(world: World, script: Script, ...keys: readonly Credentials[]) {
  const { asked, credentials } = manager(...keys);
  const sent: string[] = [];
  const made = clientOf(world, script, {
    credentials,
    fetch(url, init) {
      sent.push(JSON.parse(String(init?.body)).privateKey);
      return fetch(url, init);
    },
  });
  return { ...made, sent, managerAsked: asked };
}

/** Everything that an error shows. */
const shown = (error: Error): string =>
  [error.message, error.stack, JSON.stringify(error), String(error.cause)].join("\n");

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
    name: "keys that were rotated are asked for once more, and no call fails",
    async run(world) {
      const inTurn: Script[] = [HOUR, REJECTED, HOUR];
      const { client, events, sent, managerAsked } = rotating(world, { inTurn }, OLD, NEW);
      const first = await client.getToken();
      events.splice(0);
      client.invalidate(first);
      const callers = Array.from({ length: 20 }, () => client.getToken());
      const tokens = new Set(await Promise.all(callers));
      expect(tokens.size).to.equal(1);
      expect(tokens.has(first)).to.equal(false);
      expect(managerAsked()).to.equal(2);
      expect(sent).to.deep.equal([OLD.privateKey, OLD.privateKey, NEW.privateKey]);
      expect(events.map(({ type, reason, attempt }) => [type, reason, attempt])).to.deep.equal([
        ["exchange.start", "rejected", 1],
        ["exchange.failure", "P4P_CREDENTIALS_REJECTED", 1],
        ["retry", "P4P_CREDENTIALS_REJECTED", 2],
        ["exchange.start", "rejected", 2],
        ["exchange.success", "rejected", 2],
      ]);
      expect(new Set(events.map(({ exchangeId }) => exchangeId)).size).to.equal(1);
      expect(client.state()).to.include({ circuit: "closed", lastFailure: null });
      client.close();
    },
  },
  {
    name: "a refresh in the background gets over a rotation too",
    async run(world) {
      const inTurn: Script[] = [HOUR, REJECTED, { lifetimeS: 7_200 }];
      let aheadMs = 0;
      await withClocksAhead(
        () => aheadMs,
        async () => {
          const { client, types, managerAsked } = rotating(world, { inTurn }, OLD, NEW);
          const first = await client.getToken();
          aheadMs = DUE_MS;
          expect(await client.getToken()).to.equal(first);
          await eventually(
            () => types().filter((type) => type === "exchange.success").length === 2,
          );
          expect((await client.getToken()).value).not.to.equal(first.value);
          expect(types()).not.to.include("circuit.open");
          expect(managerAsked()).to.equal(2);
          client.close();
        },
      );
    },
  },
  {
    name: "the same keys again open the circuit, and each probe asks once more",
    async run(world) {
      const inTurn: Script[] = [REJECTED, REJECTED, HOUR];
      await withClocksHeld(async (move) => {
        const { client, sent, types, managerAsked } = rotating(world, { inTurn }, OLD, OLD, NEW);
        for (let call = 0; call < 2; call++) {
          const error = await failure(client.getToken());
          expect(error.code).to.equal("P4P_CREDENTIALS_REJECTED");
        }
        expect(sent).to.deep.equal([OLD.privateKey]);
        expect(managerAsked()).to.equal(2);
        expect(client.state().circuit).to.equal("open");
        move(31_000);
        await client.getToken();
        expect(sent).to.deep.equal([OLD.privateKey, OLD.privateKey, NEW.privateKey]);
        expect(managerAsked()).to.equal(3);
        expect(types().filter((type) => type.startsWith("circuit"))).to.deep.equal([
          "circuit.open",
          "circuit.close",
        ]);
        client.close();
      });
    },
  },
  {
    name: "other keys that are rejected as well open the circuit after one more exchange",
    async run(world) {
      const { client, sent, managerAsked } = rotating(world, REJECTED, OLD, NEW, OLD);
      expect((await failure(client.getToken())).code).to.equal("P4P_CREDENTIALS_REJECTED");
      expect((await failure(client.getToken())).code).to.equal("P4P_CREDENTIALS_REJECTED");
      expect(sent).to.deep.equal([OLD.privateKey, NEW.privateKey]);
      expect(managerAsked()).to.equal(2);
      client.close();
    },
  },
  {
    name: "a manager that fails or is silent after a rejection leaves the rejection, and is its cause",
    async run(world) {
      const after: (() => Promise<Credentials>)[] = [
        () => Promise.reject(new TypeError("down")),
        () => Promise.reject(Object.assign(new Error("x"), { digest: "its own" })),
        () => new Promise(() => {}),
      ];
      for (const answer of after) {
        let asked = 0;
        const { client, exchanges, types } = clientOf(world, REJECTED, {
          timeoutMs: 2_000,
          credentials() {
            asked += 1;
            return asked === 1 ? Promise.resolve(OLD) : answer();
          },
        });
        const callers = Array.from({ length: 3 }, () => failure(client.getToken()));
        for (const error of await Promise.all(callers)) {
          expect(error.code).to.equal("P4P_CREDENTIALS_REJECTED");
          expect(error.status).to.equal(401);
          const { code } = (error.cause ?? {}) as { code?: string };
          const codes = ["P4P_INVALID_OPTIONS", undefined, "P4P_TIMEOUT"];
          expect(code).to.equal(codes[after.indexOf(answer)]);
        }
        expect(await exchanges()).to.equal(1);
        expect(asked).to.equal(2);
        expect(types()).to.include("circuit.open");
        client.close();
      }
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
    name: "an old answer of a manager does not take the place of newer keys",
    async run(world) {
      const answers: ((keys: Credentials) => void)[] = [];
      let aheadMs = 0;
      const sent: string[] = [];
      await withClocksAhead(
        () => aheadMs,
        async () => {
          const { client } = clientOf(world, HOUR, {
            credentials: () =>
              new Promise<Credentials>((resolve) => {
                answers.push(resolve);
              }),
            fetch(url, init) {
              sent.push(JSON.parse(String(init?.body)).privateKey);
              return fetch(url, init);
            },
          });
          const first = client.getToken();
          await eventually(() => answers.length === 1);
          aheadMs = 12_000; // whoever asked first is given up
          const second = client.getToken();
          await eventually(() => answers.length === 2);
          answers[1]?.(NEW);
          await second;
          answers[0]?.(OLD);
          await first;
          client.invalidate();
          await client.getToken();
          expect(answers).to.have.length(2);
          expect(new Set(sent)).to.deep.equal(new Set([NEW.privateKey]));
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
    name: "other failures than a rejection do not ask for the keys again",
    async run(world) {
      const inTurn: Script[] = [{ status: 503 }, { status: 404 }];
      const { client, managerAsked } = rotating(world, { inTurn }, OLD, NEW);
      expect((await failure(client.getToken())).code).to.equal("P4P_BAD_RESPONSE");
      expect(managerAsked()).to.equal(1);
      client.close();
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
            expect(shown(error)).not.to.include(secret);
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
        expect(shown(error)).not.to.include(secret);
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
    name: "the last two private keys are redacted",
    async run(world) {
      const third = { publicKey: "PUB_KEY_sandbox_3", privateKey: "PRIV_KEY_sandbox_third" };
      const echo: Script = {
        status: 401,
        body: JSON.stringify({
          success: false,
          statusCode: 401,
          message: `${OLD.privateKey} ${NEW.privateKey} ${third.privateKey}`,
          errors: [{ [NEW.privateKey]: third.privateKey }],
        }),
      };
      const { client, managerAsked } = rotating(world, echo, OLD, NEW, third);
      const error = await failure(client.getToken());
      expect(error.message).to.include(`[redacted] [redacted] ${third.privateKey}`);
      client.reset();
      const later = await failure(client.getToken());
      expect(managerAsked()).to.equal(3);
      expect(shown(later)).to.include(OLD.privateKey);
      expect(shown(later)).not.to.include(NEW.privateKey);
      expect(shown(later)).not.to.include(third.privateKey);
      client.close();
      // Where only the public key has changed, the private key before is the one before that.
      const mixed = { ...NEW, publicKey: third.publicKey };
      const half = rotating(world, echo, OLD, NEW, mixed);
      await failure(half.client.getToken());
      half.client.reset();
      const last = await failure(half.client.getToken());
      expect(half.managerAsked()).to.equal(3);
      expect(last.message).to.include(`[redacted] [redacted] ${third.privateKey}`);
      half.client.close();
    },
  },
  {
    name: "what a store keeps follows the keys in use",
    async run(world) {
      const values = new Map<string, string>();
      const store: TokenStore = {
        get: async (key) => values.get(key) ?? null,
        async set(key, value) {
          values.set(key, value);
        },
        async delete(key) {
          values.delete(key);
        },
      };
      const service = scripted(world, { inTurn: [HOUR, REJECTED, HOUR] });
      const options = { tokenUrl: service.url, store };
      const { credentials } = manager(OLD, NEW);
      const { client } = clientOf(world, {}, { ...options, credentials });
      client.invalidate(await client.getToken());
      const [oldName] = values.keys();
      const token = await client.getToken(); // the store forgets the one that was dropped
      await eventually(() => values.size === 1);
      expect(values.has(String(oldName))).to.equal(false);
      // Others find it, whether their keys were given or asked for.
      for (const keys of [NEW, { credentials: () => NEW }]) {
        const other = clientOf(world, {}, { ...options, ...keys });
        expect((await other.client.getToken()).value).to.equal(token.value);
        other.client.close();
      }
      expect(await service.calls()).to.have.length(3);
      client.close();
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
