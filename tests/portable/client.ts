// A client: one exchange for many callers, its options, its listeners, and its end.
import { expect } from "chai";
import type { ClientOptions } from "pay4power-auth";
import type { Case, Script } from "./harness.ts";
import { clientOf, DUE_MS, eventually, failure, pause, withClocksHeld } from "./make.ts";

const HOUR: Script = { lifetimeS: 3_600 };

export const clientCases: Case[] = [
  {
    name: "each call has the token that is current now, and on Workers a promise of its own",
    async run(world) {
      const { client } = clientOf(world, HOUR);
      const first = await client.getToken();
      const [one, other] = [client.getToken(), client.getToken()];
      expect(await Promise.all([one, other])).to.deep.equal([first, first]);
      if (globalThis.navigator?.userAgent === "Cloudflare-Workers") {
        expect(one).not.to.equal(other); // a promise belongs to the request that made it
      }
      client.invalidate();
      const second = await client.getToken();
      expect(second).not.to.equal(first);
      expect(await client.getToken()).to.equal(second);
      client.close();
    },
  },
  {
    name: "the first caller may leave without harm to the others",
    async run(world) {
      const { client, exchanges, asked, release } = clientOf(world, { ...HOUR, held: true });
      const controller = new AbortController();
      const first = failure(client.getToken({ signal: controller.signal }));
      const others = Array.from({ length: 100 }, () => client.getToken());
      const reason = new RangeError("left");
      await asked();
      controller.abort(reason);
      expect(await first).to.equal(reason);
      await release();
      expect(new Set(await Promise.all(others)).size).to.equal(1);
      expect(await exchanges()).to.equal(1);
      expect(await failure(client.getToken({ signal: AbortSignal.abort(reason) }))).to.equal(
        reason,
      );
      client.close();
    },
  },
  {
    name: "an invalidated token is not handed out again",
    async run(world) {
      const { client, exchanges } = clientOf(world, HOUR);
      const first = await client.getToken();
      client.invalidate(first);
      const second = await client.getToken();
      expect(second).not.to.equal(first);
      client.invalidate(first); // not the current one any more
      expect(await client.getToken()).to.equal(second);
      client.invalidate();
      client.invalidate(second); // there is none any more
      expect(await client.getToken()).not.to.equal(second);
      expect(await exchanges()).to.equal(3);
      client.close();
    },
  },
  {
    name: "close ends all waits, and more than once is no harm",
    async run(world) {
      const { client } = clientOf(world, { fault: "silent" });
      const waits = Array.from({ length: 10 }, () => failure(client.getToken()));
      await pause(20);
      client.close();
      client.close();
      client[Symbol.dispose]();
      client.invalidate();
      client.reset();
      for (const error of await Promise.all(waits)) {
        expect(error.code).to.equal("P4P_CLOSED");
      }
      expect(await failure(client.getToken())).to.include({
        code: "P4P_CLOSED",
        message: "expected a client that is open, found a closed one",
      });
      expect((await failure(client.fetch("/services"))).code).to.be.oneOf([
        "P4P_CLOSED",
        "P4P_INVALID_OPTIONS",
      ]);
    },
  },
  {
    name: "a listener or a waitUntil that throws breaks nothing",
    async run(world) {
      const throws = () => {
        throw new Error("not mine");
      };
      const { client } = clientOf(world, HOUR, { onEvent: throws, waitUntil: throws });
      await client.getToken();
      client.close();
    },
  },
  {
    name: "a listener may ask for a token itself, at any event",
    async run(world) {
      const asked: Promise<unknown>[] = [];
      let successes = 0;
      const inTurn: Script[] = [{ status: 503 }, HOUR, { lifetimeS: 7_200 }];
      const { client, exchanges } = clientOf(
        world,
        { inTurn },
        {
          onEvent: ({ type }) => {
            successes += type === "exchange.success" ? 1 : 0;
            asked.push(client.getToken());
          },
        },
      );
      await withClocksHeld(async (move) => {
        const first = await client.getToken();
        move(DUE_MS);
        expect(await client.getToken()).to.equal(first);
        await eventually(() => successes === 2);
        const tokens = await Promise.all(asked);
        expect(tokens).to.have.length(8);
        expect(tokens.indexOf(await client.getToken())).to.equal(7);
        expect(tokens.filter((token) => token === first)).to.have.length(7);
      });
      expect(await exchanges()).to.equal(3);
      client.close();
    },
  },
  {
    name: "a listener that drops the token as its refresh begins has the caller wait for the next one",
    async run(world) {
      const { client, exchanges } = clientOf(world, HOUR, {
        onEvent({ type }) {
          if (type === "refresh.background") {
            client.invalidate();
          }
        },
      });
      await withClocksHeld(async (move) => {
        const first = await client.getToken();
        move(DUE_MS);
        expect(await client.getToken()).not.to.equal(first);
      });
      expect(await exchanges()).to.equal(2);
      client.close();
    },
  },
  {
    name: "a signal that is none is named",
    async run(world) {
      const { client, exchanges } = clientOf(world, HOUR);
      for (const signal of [null, {}, "signal"]) {
        const error = await failure(client.getToken({ signal } as object));
        expect(error.code).to.equal("P4P_INVALID_OPTIONS");
        expect(error.message).to.include("`signal`");
      }
      expect(await exchanges()).to.equal(0);
      client.close();
    },
  },
  {
    name: "bad options throw at once, by name",
    async run(world) {
      const good = {
        publicKey: world.publicKey,
        privateKey: world.privateKey,
        ...(world.browser && { dangerouslyAllowBrowser: true }),
      };
      const rows: [name: string, options: unknown][] = [
        ["options", undefined],
        ["privateKey", { ...good, privateKey: undefined }],
        ["baseUrl", { ...good, baseUrl: "/api" }],
        ["baseUrl", { ...good, baseUrl: null }],
        ["refreshAhead", { ...good, refreshAhead: 0.91 }],
        ["refreshAhead", { ...good, refreshAhead: -0.1 }],
        ["refreshAhead", { ...good, refreshAhead: "0.2" }],
        ["refreshAhead", { ...good, refreshAhead: Number.NaN }],
        ["requestTimeoutMs", { ...good, requestTimeoutMs: 0 }],
        ["requestTimeoutMs", { ...good, requestTimeoutMs: 600_001 }],
        ["requestTimeoutMs", { ...good, requestTimeoutMs: 1.5 }],
        ["requestTimeoutMs", { ...good, requestTimeoutMs: "1000" }],
        ["requestTimeoutMs", { ...good, requestTimeoutMs: null }],
        ["onEvent", { ...good, onEvent: "log" }],
        ["waitUntil", { ...good, waitUntil: {} }],
      ];
      for (const [name, options] of rows) {
        expect(() => world.lib.createClient(options as ClientOptions), name)
          .to.throw(world.lib.AuthError, name)
          .with.property("code", "P4P_INVALID_OPTIONS");
      }
      const insecure = { ...good, baseUrl: "http://pay4power.example" };
      expect(() => world.lib.createClient(insecure))
        .to.throw(world.lib.AuthError)
        .with.property("code", "P4P_INSECURE_URL");
    },
  },
];
