// A client with a store: which of the stored tokens it takes.
import { expect } from "chai";
import type { TokenStore } from "pay4power-auth";
import { type Case, type Script, scripted } from "./harness.ts";
import {
  arrived,
  DUE_MS,
  eventually,
  failure,
  pause,
  withClocksAhead,
  withClocksHeld,
} from "./make.ts";
import { HOUR, LATER_EACH, merchant, sharedStore } from "./store-support.ts";

const REJECTED: Script = { status: 401, body: '{"success":false,"statusCode":401}' };

export const storedTokenCases: Case[] = [
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

      // A slow process puts the rejected token back.
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
];
