// A client with a store: who has to make an exchange, what is in the store, and what of it is used.
import { expect } from "chai";
import type { ClientOptions, TokenStore } from "pay4power-auth";
import vector from "../contract/sealed.json" with { type: "json" };
import { type Case, type Script, scripted, type World } from "./harness.ts";
import { gate } from "./held.ts";
import {
  arrived,
  clientOf,
  DUE_MS,
  eventually,
  failure,
  pause,
  withClocksAhead,
  withClocksHeld,
  withTimersHeld,
} from "./make.ts";
import { found } from "./search.ts";
import { expectHidden } from "./shown.ts";

const HOUR: Script = { lifetimeS: 3_600 };
/** Each ends later than the one before it, whatever the client's clock says. */
const LATER_EACH: Script = { inTurn: [HOUR, { lifetimeS: 7_200 }, { lifetimeS: 10_800 }] };
const REJECTED: Script = { status: 401, body: '{"success":false,"statusCode":401}' };

interface Shared extends TokenStore {
  readonly values: Map<string, string>;
  readonly endsMs: number[];
}

/** What two clients share: here a map, elsewhere a server. */
function sharedStore(): Shared {
  const values = new Map<string, string>();
  const endsMs: number[] = [];
  return {
    values,
    endsMs,
    async get(key) {
      return values.get(key) ?? null;
    },
    async set(key, value, { expiresAtMs }) {
      values.set(key, value);
      endsMs.push(expiresAtMs);
    },
    async delete(key) {
      values.delete(key);
    },
  };
}

/** Clients of one merchant at one service. */
function merchant(world: World, script: Script, store: TokenStore) {
  const service = scripted(world, script);
  return {
    exchanges: async () => (await service.calls()).length,
    client: (options: Partial<ClientOptions> = {}) =>
      clientOf(world, {}, { tokenUrl: service.url, store, ...options }),
  };
}

export const storeCases: Case[] = [
  {
    name: "the second client with a store makes no exchange",
    async run(world) {
      const store = sharedStore();
      const { client, exchanges } = merchant(world, HOUR, store);
      const [first, second] = [client(), client()];
      const token = await first.client.getToken();
      const tokens = await Promise.all(Array.from({ length: 100 }, () => second.client.getToken()));
      expect(new Set(tokens).size).to.equal(1);
      expect(tokens[0]).to.deep.include({
        value: token.value,
        expiresAtMs: token.expiresAtMs,
        issuedAtMs: token.issuedAtMs,
        correlationId: token.correlationId,
      });
      expect(tokens[0]?.claims).to.deep.equal(token.claims);
      expect(await exchanges()).to.equal(1);
      expect(store.endsMs).to.deep.equal([token.expiresAtMs]);
      expect(first.events.map(({ type, reason }) => [type, reason])).to.deep.equal([
        ["store.miss", "absent"],
        ["exchange.start", "absent"],
        ["exchange.success", "absent"],
      ]);
      expect(second.types()).to.deep.equal(["store.hit"]);
      const [hit] = second.events;
      expect(hit?.correlationId).to.equal(token.correlationId);
      expect(hit?.durationMs).to.be.within(0, 1_000);
    },
  },
  {
    name: "what a store holds is sealed",
    async run(world) {
      const store = sharedStore();
      const { client } = merchant(world, HOUR, store);
      const token = await client().client.getToken();
      const [[key, value]] = [...store.values] as [[string, string]];
      expect(key).to.match(/^[0-9a-f]{64}$/);
      const bytes = atob(value);
      expect(bytes.charCodeAt(0)).to.equal(1);
      const claims = Object.values(token.claims ?? {}).map(String);
      const parts = token.value.split(".");
      const { privateKey, publicKey } = world;
      const texts = [privateKey, publicKey, ...parts, ...claims, "token"];
      expect(found([value, bytes, key].join("\n"), texts)).to.deep.equal([]);
      // The same token, sealed again, looks altogether different.
      store.values.clear();
      const again = client();
      await again.client.getToken();
      expect(store.values.get(key)?.slice(0, 24)).not.to.equal(value.slice(0, 24));
    },
  },
  {
    name: "what was changed, cut, or sealed for somebody else is a miss",
    async run(world) {
      const store = sharedStore();
      const { client, exchanges } = merchant(world, HOUR, store);
      await client().client.getToken();
      const [[key, good]] = [...store.values] as [[string, string]];
      const bytes = atob(good);
      const flipped = (at: number, bit: number) =>
        btoa(
          bytes.slice(0, at) +
            String.fromCharCode(bytes.charCodeAt(at) ^ (1 << bit)) +
            bytes.slice(at + 1),
        );
      const positions = [0, 1, 12, 13, bytes.length >> 1, bytes.length - 17, bytes.length - 1];
      const bad: unknown[] = positions.flatMap((at) => [flipped(at, 0), flipped(at, 7)]);
      bad.push(btoa(bytes.slice(0, -1)), btoa(bytes.slice(0, 29)), btoa(bytes.slice(0, 5)));
      bad.push(`${good} `, `${good}AAAA`, good.toLowerCase(), "", "null", "{}", btoa("\x01"));
      bad.push("A".repeat(70_000), 7, {}, new Uint8Array(40));
      let made = 1;
      for (const value of bad) {
        store.values.set(key, value as string);
        const { client: reader, events } = client();
        await reader.getToken();
        expect(events[0], String(value)).to.include({ type: "store.miss", reason: "unreadable" });
        expect(await exchanges()).to.equal(++made);
        reader.close();
      }
      store.values.set(key, good);
      const sound = client();
      await sound.client.getToken();
      expect(sound.types()).to.deep.equal(["store.hit"]);
    },
  },
  {
    name: "tenants, environments, addresses and keys never meet in a store",
    async run(world) {
      const store = sharedStore();
      const { client } = merchant(world, HOUR, store);
      await client().client.getToken();
      const [[ownKey, ownValue]] = [...store.values] as [[string, string]];
      const others: Partial<ClientOptions>[] = [
        { publicKey: "PUB_KEY_sandbox-another" },
        { privateKey: "PRIV_KEY_sandbox-rotated" },
        { environment: "SANDBOX" },
        { tokenUrl: scripted(world, HOUR).url },
      ];
      for (const other of others) {
        const asked: string[] = [];
        const spy: TokenStore = {
          // Even if it were found under another's name, it would not open.
          get: async (key) => {
            asked.push(key);
            return ownValue;
          },
          set: async () => {},
          delete: async () => {},
        };
        const { client: stranger, events } = client({ ...other, store: spy, retries: 0 });
        await stranger.getToken().catch(() => {}); // TEST's token is refused in another environment
        expect(asked[0]).not.to.equal(ownKey);
        expect(events[0]).to.include({ type: "store.miss", reason: "unreadable" });
        stranger.close();
      }
    },
  },
  {
    name: "the format is the documented one, as another implementation wrote it",
    async run(world) {
      const store = sharedStore();
      store.values.set(vector.name, vector.sealed);
      const { client, types } = clientOf(world, {}, { ...vector.identity, store });
      const token = await client.getToken();
      expect(token).to.include({
        value: "an-opaque-token",
        expiresAtMs: 4_102_444_800_000,
        correlationId: "id-of-the-vector",
      });
      expect(types()).to.deep.equal(["store.hit"]);
      client.close();
    },
  },
  {
    name: "a store that fails, hangs or lies costs a second at most, and is told",
    async run(world) {
      const never = () => new Promise<never>(() => {});
      const fails = () => Promise.reject(new Error(`secret ${world.privateKey}`));
      const throws = () => {
        throw new Error("at once");
      };
      const stores: [TokenStore, string[]][] = [
        [{ ...sharedStore(), get: fails }, ["get.failed"]],
        [{ ...sharedStore(), get: throws }, ["get.failed"]],
        [{ ...sharedStore(), set: fails }, ["absent", "set.failed"]],
        [{ ...sharedStore(), set: throws }, ["absent", "set.failed"]],
        [{ get: never, set: never, delete: never }, ["get.timeout", "set.timeout"]],
      ];
      const use = async (store: TokenStore, reasons: string[]) => {
        const { client, events, exchanges } = clientOf(world, HOUR, { store });
        const begun = Date.now();
        await client.getToken();
        expect(Date.now() - begun).to.be.below(4_000);
        const told = () => events.filter(({ type }) => type.startsWith("store."));
        await eventually(() => told().length >= reasons.length);
        expect(await exchanges()).to.equal(1);
        expect(told().map(({ reason }) => reason)).to.deep.equal(reasons);
        expectHidden(events, world.privateKey);
        client.close();
      };
      await Promise.all(stores.map(([store, reasons]) => use(store, reasons)));
    },
  },
  {
    name: "a read that is late does not delete what was written after it",
    async run(world) {
      const store = sharedStore();
      let answer = () => {};
      let deleted = 0;
      const slow: TokenStore = {
        ...store,
        async get(key) {
          const value = await store.get(key);
          if (value !== null && value !== undefined) {
            await new Promise<void>((resolve) => {
              answer = resolve;
            });
          }
          return value;
        },
        async delete() {
          deleted += 1;
        },
      };
      const { client, exchanges } = merchant(world, LATER_EACH, slow);
      const { client: own, types } = client();
      own.invalidate(await own.getToken());
      const second = await own.getToken();
      expect(types()).to.include("store.error");
      answer();
      await pause(50);
      expect(deleted).to.equal(0);
      const { client: other, types: told } = client({ store });
      expect((await other.getToken()).value).to.equal(second.value);
      expect(told()).to.deep.equal(["store.hit"]);
      expect(await exchanges()).to.equal(2);
      own.close();
      other.close();
    },
  },
  {
    name: "who leaves does not wait for a store that does not take the token",
    async run(world) {
      const controller = new AbortController();
      const reason = new RangeError("left");
      const store: TokenStore = {
        ...sharedStore(),
        set() {
          controller.abort(reason);
          return new Promise(() => {});
        },
      };
      const { client, types } = merchant(world, HOUR, store).client();
      const left = failure(client.getToken({ signal: controller.signal }));
      expect(await left).to.equal(reason);
      expect(types()).not.to.include("store.error");
      await client.getToken();
      client.close();
    },
  },
  {
    name: "a call waits until its token is stored, unless the host waits for that",
    async run(world) {
      for (const how of ["of the client", "of the call", "of nobody"]) {
        const { reached, open, pass } = gate();
        const promises: Promise<unknown>[] = [];
        const waitUntil = (promise: Promise<unknown>) => void promises.push(promise);
        const store: TokenStore = { ...sharedStore(), set: pass };
        const options = how === "of the client" ? { waitUntil } : {};
        const { client } = merchant(world, HOUR, store).client(options);
        const settled: string[] = [];
        const leader = client.getToken(how === "of the call" ? { waitUntil } : {});
        leader.finally(() => settled.push("the call"));
        await reached;
        for (const promise of promises) {
          promise.finally(() => settled.push("the host"));
        }
        const token = await client.getToken(); // does not wait for the write of another
        await scripted(world, HOUR).calls();
        expect(settled, how).to.deep.equal(how === "of nobody" ? [] : ["the call"]);
        open();
        expect(await leader).to.equal(token);
        await Promise.all(promises);
        expect(promises).to.have.length(how === "of nobody" ? 0 : 1);
        client.close();
      }
    },
  },
  {
    name: "a call waits for the write of its token up to its deadline",
    async run(world) {
      const deadlineMs = 98_765; // no other timer has this time
      await withTimersHeld(deadlineMs, async ({ running, ring }) => {
        await withClocksHeld(async () => {
          const { reached, open, pass } = gate();
          const store: TokenStore = { ...sharedStore(), set: pass };
          const { client } = merchant(world, HOUR, store).client({ deadlineMs });
          const leader = client.getToken();
          await reached;
          await eventually(() => running() === 1);
          ring();
          expect((await leader).isExpired()).to.equal(false);
          expect(running()).to.equal(0);
          open();
          client.close();
        });
      });
    },
  },
  {
    name: "a token that was rejected, or dropped, is not taken from the store again",
    async run(world) {
      const store = sharedStore();
      const { client, exchanges } = merchant(world, HOUR, store);
      const { client: one, types, events } = client({ baseUrl: world.scriptUrl });
      one.invalidate(); // there is none yet
      const first = await one.getToken();
      const [[key, sealed]] = [...store.values] as [[string, string]];
      const api = scripted(world, { inTurn: [{ status: 401 }, { body: "{}" }] });
      expect((await one.fetch(api.url)).status).to.equal(200);
      expect(await exchanges()).to.equal(2);
      expect(types()).to.include("token.rejected");
      expect(events.find(({ reason }) => reason === "rejected")?.type).to.equal("store.miss");
      const second = await one.getToken();
      expect(second.value).not.to.equal(first.value);

      // Somebody slow puts the rejected one back.
      store.values.set(key, sealed);
      one.invalidate();
      expect((await one.getToken()).value).not.to.be.oneOf([first.value, second.value]);
      expect(await exchanges()).to.equal(3);
      one.close();

      // That it can't be deleted is told, and no more.
      const stuck: TokenStore = { ...store, delete: () => Promise.reject(new Error("stuck")) };
      const { client: other, events: told } = client({ store: stuck });
      other.invalidate(await other.getToken());
      await other.getToken();
      const reasons = told.filter(({ type }) => type.startsWith("store.")).map((it) => it.reason);
      expect(reasons).to.deep.equal([undefined, "delete.failed", "rejected"]);
      expect(await exchanges()).to.equal(4);
      other.close();
    },
  },
  {
    name: "a token that is rejected after it was replaced is not taken from the store again",
    async run(world) {
      const store = sharedStore();
      const { client, exchanges } = merchant(world, LATER_EACH, store);
      const { client: one } = client({ baseUrl: world.scriptUrl });
      const first = await one.getToken();
      const [[key, sealed]] = [...store.values] as [[string, string]];
      await withClocksAhead(
        () => DUE_MS,
        async () => {
          const inTurn: Script[] = [{ status: 401, held: true }, { body: "{}" }];
          const api = scripted(world, { inTurn });
          const answer = one.fetch(api.url);
          await arrived(api);
          await eventually(() => store.endsMs.length === 2);
          await api.release();
          expect((await answer).status).to.equal(200);
          expect(await exchanges()).to.equal(2);
          store.values.set(key, sealed);
          one.invalidate();
          expect((await one.getToken()).value).not.to.equal(first.value);
          expect(await exchanges()).to.equal(3);
          one.close();
        },
      );
    },
  },
  {
    name: "a 401 to a token that came back from the store meanwhile drops it there too",
    async run(world) {
      const store = sharedStore();
      const { client, exchanges } = merchant(world, HOUR, store);
      const { client: one, types } = client({ baseUrl: world.scriptUrl });
      await withClocksHeld(async (move) => {
        const first = await one.getToken();
        const inTurn: Script[] = [{ status: 401, held: true }, { body: "{}" }];
        const api = scripted(world, { inTurn });
        const answer = one.fetch(api.url);
        await arrived(api);
        move(-2_000); // ends the token at hand, and not the stored one
        const same = await one.getToken();
        expect(same).not.to.equal(first);
        expect(same.value).to.equal(first.value);
        await api.release();
        expect((await answer).status).to.equal(200);
        expect((await one.getToken()).value).not.to.equal(first.value);
        expect(types()).to.include("token.rejected");
        expect(await exchanges()).to.equal(2);
      });
      one.close();
    },
  },
  {
    name: "a refresh takes what another has already got, and only if it ends later",
    async run(world) {
      const store = sharedStore();
      const { client, exchanges } = merchant(world, LATER_EACH, store);
      const [one, two] = [client(), client()];
      const first = await one.client.getToken();
      await two.client.getToken();
      await withClocksAhead(
        () => DUE_MS,
        async () => {
          expect(await one.client.getToken()).to.equal(first);
          await eventually(() => store.endsMs.length === 2);
          expect((await two.client.getToken()).value).to.equal(first.value);
          let newer = first;
          await eventually(async () => {
            newer = await two.client.getToken();
            return newer.value !== first.value;
          });
          expect(newer.expiresAtMs).to.be.above(first.expiresAtMs);
          expect(await exchanges()).to.equal(2);
          expect(two.types()).to.deep.equal(["store.hit", "refresh.background", "store.hit"]);
          // The one who made the exchange has seen its own token in the store, and asked for another.
          expect(one.events.map(({ reason }) => reason)).to.include("current");
          one.client.close();
          two.client.close();
        },
      );
    },
  },
  {
    name: "an open circuit still reads the store",
    async run(world) {
      const store = sharedStore();
      const { client, exchanges } = merchant(world, { inTurn: [REJECTED, HOUR] }, store);
      const [one, two] = [client(), client()];
      expect((await failure(one.client.getToken())).code).to.equal("P4P_CREDENTIALS_REJECTED");
      expect((await failure(one.client.getToken())).code).to.equal("P4P_CREDENTIALS_REJECTED");
      const { value } = await two.client.getToken();
      await pause(1_050);
      expect((await one.client.getToken()).value).to.equal(value);
      expect(one.types()).not.to.include("cooldown.end"); // the circuit is open as before
      expect(await exchanges()).to.equal(2);
      one.client.close();
      two.client.close();
    },
  },
  {
    name: "a clock that is a minute behind can't tell when a stored token ends",
    async run(world) {
      const store = sharedStore();
      const { client, exchanges } = merchant(world, HOUR, store);
      await client().client.getToken();
      const { now } = Date;
      for (const [behindMs, reason, made] of [
        [75_000, "clock", 2],
        [30_000, undefined, 2],
        [-4_000_000, "expired", 3],
      ] as const) {
        Date.now = () => now() - behindMs;
        try {
          const { client: reader, events } = client();
          const token = await reader.getToken();
          expect(events[0]?.reason).to.equal(reason);
          expect(await exchanges()).to.equal(made);
          expect(token.expiresInMs()).to.be.within(1, 3_600_000);
          reader.close();
        } finally {
          Date.now = now;
        }
      }
    },
  },
  {
    name: "a token that was rejected stays so when the wall clock was put ahead and back meanwhile",
    async run(world) {
      const store = sharedStore();
      const inTurn: Script[] = [HOUR, HOUR, { lifetimeS: 18_000 }];
      const { client, exchanges } = merchant(world, { inTurn }, store);
      await withClocksHeld(async (move) => {
        const one = client().client;
        const rejected = await one.getToken();
        const sealed = [...store.values];
        one.invalidate(rejected);
        await one.getToken();
        move(2 * 3_600_000);
        const other = await client().client.getToken();
        expect((await one.getToken()).value).to.equal(other.value);
        move(-2 * 3_600_000);
        for (const [key, value] of sealed) {
          store.values.set(key, value); // by another process that knows nothing of it
        }
        one.invalidate();
        expect((await one.getToken()).value).not.to.equal(rejected.value);
        expect(await exchanges()).to.equal(4);
        one.close();
      });
    },
  },
  {
    name: "a store that is none is named",
    async run(world) {
      const { get, set } = sharedStore();
      for (const store of [null, "redis", {}, { get, set }, { get, set, delete: 1 }]) {
        expect(() => clientOf(world, HOUR, { store: store as TokenStore }))
          .to.throw(world.lib.AuthError, "`store`")
          .with.property("code", "P4P_INVALID_OPTIONS");
      }
    },
  },
];
