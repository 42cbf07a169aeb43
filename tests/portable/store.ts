// A client with a store: when it makes an exchange, what it writes, and what it does if the store fails.
import { expect } from "chai";
import type { ClientOptions, TokenStore } from "pay4power-auth";
import vector from "../contract/sealed.json" with { type: "json" };
import { type Case, scripted } from "./harness.ts";
import { gate } from "./held.ts";
import { clientOf, eventually, failure, pause, withClocksHeld, withTimersHeld } from "./make.ts";
import { found } from "./search.ts";
import { expectHidden } from "./shown.ts";
import { HOUR, LATER_EACH, merchant, sharedStore } from "./store-support.ts";

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
