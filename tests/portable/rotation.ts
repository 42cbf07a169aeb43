// Keys that change under a running client.
import { expect } from "chai";
import type { Credentials, TokenStore } from "pay4power-auth";
import { type Case, type Script, scripted, type World } from "./harness.ts";
import {
  clientOf,
  DUE_MS,
  eventually,
  failure,
  withClocksAhead,
  withClocksHeld,
  withTimersHeld,
} from "./make.ts";
import { HOUR, manager, NEW, OLD, REJECTED, rotating } from "./managers.ts";
import { expectHidden, shown } from "./shown.ts";

const ONE_SUCCESS = ["exchange.start", "exchange.start", "exchange.success"];

/**
 * Has a second caller take the place of a leader that is late, and only then gives the leader its answer. Returns the
 * types of all events.
 */
async function toldOfReplacedLeader(
  world: World,
  answer: Response,
  options: Parameters<typeof clientOf>[2] = {},
): Promise<string[]> {
  let release = (_: Response) => {};
  let aheadMs = 0;
  let calls = 0;
  const { client, types } = clientOf(world, HOUR, {
    ...options,
    fetch(url, init) {
      calls += 1;
      return calls > 1
        ? fetch(url, init)
        : new Promise<Response>((resolve) => {
            release = resolve;
          });
    },
  });
  await withClocksAhead(
    () => aheadMs,
    async () => {
      const first = client.getToken();
      await eventually(() => calls === 1);
      aheadMs = 10_600; // its attempt is late, and not yet ended
      const token = await client.getToken();
      release(answer);
      expect(await first).to.equal(token);
      await scripted(world, HOUR).calls();
    },
  );
  client.close();
  return types();
}

export const rotationCases: Case[] = [
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
    name: "keys of which only one has changed are other keys",
    async run(world) {
      for (const name of ["publicKey", "privateKey"] as const) {
        const inTurn: Script[] = [REJECTED, HOUR];
        const keys = { ...OLD, [name]: NEW[name] };
        const { client, sent } = rotating(world, { inTurn }, OLD, keys);
        await client.getToken();
        expect(sent).to.deep.equal([OLD.privateKey, keys.privateKey]);
        client.close();
      }
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
    name: "keys are asked for again only while the exchange has time left, and for no longer",
    async run(world) {
      for (const [tookMs, asks] of [
        [4_999, 2],
        [4_999.5, 1],
        [5_000, 1],
      ] as const) {
        await withClocksHeld(async (move) => {
          const { asked, credentials } = manager(OLD);
          const { client } = clientOf(world, REJECTED, {
            deadlineMs: 5_000,
            credentials,
            async fetch(url, init) {
              const answer = await fetch(url, init);
              move(tookMs);
              return answer;
            },
          });
          expect((await failure(client.getToken())).code).to.equal("P4P_CREDENTIALS_REJECTED");
          expect(asked(), `${tookMs} ms`).to.equal(asks);
          client.close();
        });
      }
      const leftMs = 1_765; // no other timer has this time
      await withTimersHeld(leftMs, async ({ running, ring }) => {
        await withClocksHeld(async (move) => {
          let asked = 0;
          const { client } = clientOf(world, REJECTED, {
            deadlineMs: 5_000,
            timeoutMs: 4_000,
            credentials() {
              asked += 1;
              return asked === 1 ? OLD : new Promise<Credentials>(() => {});
            },
            async fetch(url, init) {
              const answer = await fetch(url, init);
              move(5_000 - leftMs);
              return answer;
            },
          });
          const error = failure(client.getToken());
          await eventually(() => running() === 1);
          ring();
          const { code, cause } = await error;
          expect(code).to.equal("P4P_CREDENTIALS_REJECTED");
          expect(cause).to.include({ code: "P4P_TIMEOUT" });
          expect((cause as Error).message).to.equal(
            `expected the keys of \`credentials\` within ${leftMs} ms, found none`,
          );
          client.close();
        });
      });
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
          aheadMs = 12_000; // the first caller has reached its time-out
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
    name: "a leader whose place was taken while its manager was asked reads no store",
    async run(world) {
      const answers: ((keys: Credentials) => void)[] = [];
      let aheadMs = 0;
      let reads = 0;
      await withClocksAhead(
        () => aheadMs,
        async () => {
          const { client } = clientOf(world, HOUR, {
            credentials: () =>
              new Promise<Credentials>((resolve) => {
                answers.push(resolve);
              }),
            store: {
              async get() {
                reads += 1;
                return null;
              },
              async set() {},
              async delete() {},
            },
          });
          const first = client.getToken();
          await eventually(() => answers.length === 1);
          aheadMs = 12_000; // the first caller has reached its time-out
          const second = client.getToken();
          await eventually(() => answers.length === 2);
          answers[1]?.(NEW);
          await second;
          answers[0]?.(NEW);
          await first;
          await scripted(world, HOUR).calls();
          expect(reads).to.equal(1);
          client.close();
        },
      );
    },
  },
  {
    name: "a leader whose place was taken makes no more attempts, and tells no failure",
    async run(world) {
      const later = { "retry-after": "7" };
      await withTimersHeld(7_000, async ({ running }) => {
        const answer = new Response(null, { status: 503, headers: later });
        expect(await toldOfReplacedLeader(world, answer)).to.deep.equal(ONE_SUCCESS);
        expect(running()).to.equal(0);
      });
    },
  },
  {
    name: "a leader whose place was taken before its keys were rejected tells no failure",
    async run(world) {
      const answer = new Response(REJECTED.body, { status: 401 });
      const { credentials } = manager(OLD);
      expect(await toldOfReplacedLeader(world, answer, { credentials })).to.deep.equal(ONE_SUCCESS);
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
      expectHidden(later, NEW.privateKey, third.privateKey);
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
];
