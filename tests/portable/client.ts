// A client: one exchange for many callers, and what becomes of them when it fails.
import { expect } from "chai";
import type { ClientOptions, Token } from "pay4power-auth";
import { type Case, codeOfBrokenBody, type Script, scripted, type World } from "./harness.ts";
import {
  clientOf,
  DUE_MS,
  eventually,
  failure,
  pause,
  withClocksAhead,
  withClocksHeld,
  withWallClock,
} from "./make.ts";

const HOUR: Script = { lifetimeS: 3_600 };
const REJECTED: Script = { status: 401, body: '{"success":false,"statusCode":401}' };

export const clientCases: Case[] = [
  {
    name: "10,000 callers make one exchange and share its token",
    load: true,
    async run(world) {
      const held: Script = { ...HOUR, held: true };
      const { client, exchanges, types, asked, release } = clientOf(world, held);
      const callers = Array.from({ length: 10_000 }, () => client.getToken());
      await asked();
      callers.push(client.getToken());
      await release();
      const tokens = await Promise.all(callers);
      expect(new Set(tokens).size).to.equal(1);
      expect(await client.getToken()).to.equal(tokens[0]);
      expect(await exchanges()).to.equal(1);
      expect(types()).to.deep.equal(["exchange.start", "exchange.success"]);
      client.close();
    },
  },
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
    name: "10,000 callers who find an expired token make one exchange, and none gets it",
    load: true,
    async run(world) {
      const inTurn: Script[] = [HOUR, { ...HOUR, held: true }];
      const { client, exchanges, asked, release } = clientOf(world, { inTurn });
      await withClocksHeld(async (move) => {
        const old = await client.getToken();
        move(2 * 60 * 60_000);
        expect(old.isExpired()).to.equal(true);
        const callers = Array.from({ length: 10_000 }, () => client.getToken());
        await asked(2);
        await release();
        const tokens = new Set(await Promise.all(callers));
        expect(tokens.size).to.equal(1);
        for (const token of tokens) {
          expect(token).not.to.equal(old);
          expect(token.isExpired()).to.equal(false);
        }
      });
      expect(await exchanges()).to.equal(2);
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
    name: "rejected keys: one exchange, instant failures, reset, recovery",
    async run(world) {
      const { client, exchanges, types } = clientOf(world, { inTurn: [REJECTED, HOUR] });
      const all = await Promise.all(Array.from({ length: 100 }, () => failure(client.getToken())));
      all.push(await failure(client.getToken()));
      for (const error of all) {
        expect(error).to.include({ code: "P4P_CREDENTIALS_REJECTED", status: 401 });
      }
      expect(await exchanges()).to.equal(1);
      client.reset();
      await client.getToken();
      expect(await exchanges()).to.equal(2);
      expect(types()).to.deep.equal([
        "exchange.start",
        "exchange.failure",
        "circuit.open",
        "cooldown.start",
        "circuit.close",
        "cooldown.end",
        "exchange.start",
        "exchange.success",
      ]);
      client.close();
    },
  },
  {
    name: "rejected keys are tried again after half a minute, and that they are accepted is told",
    async run(world) {
      const { client, events, exchanges } = clientOf(world, { inTurn: [REJECTED, HOUR] });
      await withClocksHeld(async (move) => {
        await failure(client.getToken());
        move(29_900);
        await failure(client.getToken());
        expect(await exchanges()).to.equal(1);
        move(200);
        await client.getToken();
      });
      expect(await exchanges()).to.equal(2);
      const told = events.filter(({ type }) => type.startsWith("circuit."));
      expect(told.map(({ type, reason }) => [type, reason])).to.deep.equal([
        ["circuit.open", "P4P_CREDENTIALS_REJECTED"],
        ["circuit.close", "accepted"],
      ]);
      client.close();
    },
  },
  {
    name: "what may pass is retried, and its events say so",
    async run(world) {
      const inTurn: Script[] = [{ status: 503 }, { fault: "break" }, HOUR];
      const { client, events, exchanges } = clientOf(world, { inTurn });
      const broken = await codeOfBrokenBody(world);
      const begunMs = Date.now();
      await client.getToken();
      const endedMs = Date.now();
      expect(await exchanges()).to.equal(3);
      expect(events.map(({ type, reason, attempt }) => [type, reason, attempt])).to.deep.equal([
        ["exchange.start", "absent", 1],
        ["exchange.failure", "P4P_SERVICE_UNAVAILABLE", 1],
        ["retry", "P4P_SERVICE_UNAVAILABLE", 2],
        ["exchange.start", "absent", 2],
        ["exchange.failure", broken, 2],
        ["retry", broken, 3],
        ["exchange.start", "absent", 3],
        ["exchange.success", "absent", 3],
      ]);
      for (const { atMs, durationMs = 0 } of events) {
        expect(atMs).to.be.within(begunMs, endedMs);
        expect(durationMs).to.be.within(0, endedMs - begunMs + 1);
      }
      expect(JSON.stringify(events)).not.to.include(world.privateKey);
      client.close();
    },
  },
  {
    name: "authenticate retries too, and gives up at its deadline",
    async run(world) {
      const service = scripted(world, { inTurn: [{ status: 503 }, { status: 500 }, HOUR] });
      const options = {
        publicKey: world.publicKey,
        privateKey: world.privateKey,
        tokenUrl: service.url,
        ...(world.browser && { dangerouslyAllowBrowser: true }),
      };
      await world.lib.authenticate(options);
      expect(await service.calls()).to.have.length(3);

      const silent = scripted(world, { fault: "silent" });
      const begun = Date.now();
      const late = await failure(
        world.lib.authenticate({ ...options, tokenUrl: silent.url, deadlineMs: 300 }),
      );
      expect(late).to.include({ code: "P4P_TIMEOUT", retryable: true });
      // By the deadline: the attempt itself might have taken ten seconds.
      expect(late.message).to.match(/ within [1-3]?\d{1,2} ms( from \S+)?, found none$/);
      expect(Date.now() - begun).to.be.at.least(290);
    },
  },
  {
    name: "a Retry-After is waited for when the deadline allows, and told when it does not",
    async run(world) {
      const later = (seconds: string): Script => ({
        status: 429,
        headers: { "retry-after": seconds, "access-control-expose-headers": "retry-after" },
      });
      const soon = clientOf(world, { inTurn: [later("1"), HOUR] });
      const begun = Date.now();
      await soon.client.getToken();
      expect(Date.now() - begun).to.be.at.least(990);
      const retries = soon.events.filter(({ type }) => type === "retry");
      expect(retries.map(({ durationMs }) => durationMs)).to.deep.equal([1_000]);
      soon.client.close();

      const far = clientOf(world, later("3600"));
      for (let asked = 0; asked < 3; asked++) {
        const error = await failure(far.client.getToken());
        expect(error.code).to.equal("P4P_RATE_LIMITED");
        if (asked === 0) {
          expect(error.retryAfterMs).to.equal(3_600_000); // what the service asks
        } else {
          expect(error.retryAfterMs).to.be.within(590_000, 600_000); // for so long it is remembered
        }
      }
      expect(await far.exchanges()).to.equal(1);
      far.client.close();
    },
  },
  {
    name: "a failure is remembered for a moment, then tried again",
    async run(world) {
      const options = { retries: 0 };
      const { client, exchanges } = clientOf(world, { inTurn: [{ status: 500 }, HOUR] }, options);
      await withClocksHeld(async (move) => {
        const first = await failure(client.getToken());
        expect(first).to.include({ code: "P4P_SERVICE_UNAVAILABLE", retryAfterMs: null });
        move(600);
        const second = await failure(client.getToken());
        move(390);
        const third = await failure(client.getToken());
        // Each says how much longer calls fail, and is the same error otherwise.
        expect(second.retryAfterMs).to.be.within(390, 400);
        expect(third.retryAfterMs).to.be.within(1, 10);
        expect(new Set([first, second, third]).size).to.equal(3);
        const { retryAfterMs: _, ...told } = first.toJSON();
        expect(second.toJSON()).to.deep.include(told);
        expect(third.cause).to.equal(first.cause);
        expect(await exchanges()).to.equal(1);
        move(20);
        await client.getToken();
        expect(await exchanges()).to.equal(2);
      });
      client.close();
    },
  },
  {
    name: "a token about to end is handed out when there is no other",
    async run(world) {
      let aheadMs = 0;
      await withClocksAhead(
        () => aheadMs,
        async () => {
          const { client, exchanges } = clientOf(
            world,
            { inTurn: [HOUR, { status: 500 }] },
            { retries: 0 },
          );
          const token = await client.getToken();
          aheadMs = token.expiresAtMs - Date.now() - 15_000;
          expect(await client.getToken()).to.equal(token);
          expect(await client.getToken()).to.equal(token);
          expect(await exchanges()).to.equal(2);
          client.close();
        },
      );
    },
  },
  {
    name: "each caller's wait has a deadline of its own",
    async run(world) {
      const { client } = clientOf(world, { fault: "silent" }, { deadlineMs: 400, timeoutMs: 300 });
      const begun = Date.now();
      const first = failure(client.getToken());
      await pause(100);
      const second = failure(client.getToken());
      for (const error of await Promise.all([first, second])) {
        expect(error.code).to.equal("P4P_TIMEOUT");
        expect(error.message).to.match(/ within [1-4]?\d{1,2} ms( from \S+)?, found none$/);
      }
      expect(Date.now() - begun).to.be.at.least(290);
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
      expect((await failure(client.getToken())).code).to.equal("P4P_CLOSED");
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
  {
    name: "3-second tokens at steady load: no stall, none expired, few exchanges",
    load: true,
    async run(world) {
      let tries = 1;
      while (!(await steadyLoad(world))) {
        tries += 1;
        expect(tries, "times that the machine stood still").to.be.below(6);
      }
    },
  },
  {
    name: "a wall clock six hours off, either way, changes nothing",
    async run(world) {
      for (const hours of [-6, 6]) {
        await withWallClock(
          () => hours * 3_600_000,
          async () => {
            const { client, exchanges } = clientOf(world, HOUR);
            for (let asked = 0; asked < 20; asked++) {
              const token = await client.getToken();
              expect(token.isExpired()).to.equal(false);
              expect(token.expiresInMs()).to.be.within(3_590_000, 3_600_000);
            }
            expect(await exchanges()).to.equal(1);
            client.close();
          },
        );
      }
    },
  },
];

/** How long the loop of 10 ms may take before nothing can be told of the whole run. */
const STALL_MS = 500;

/** 20 s of it; false as soon as the machine has stood still for so long that it tells nothing. */
async function steadyLoad(world: World): Promise<boolean> {
  const { client, events, exchanges } = clientOf(world, { lifetimeS: 3, delayMs: 300 });
  try {
    await client.getToken();
    const waits: number[] = [];
    const stalls: number[] = [];
    const end = Date.now() + 20_000;
    for (let last = Date.now(); last < end; ) {
      const tokens: Token[] = [];
      for (let asked = 0; asked < 20; asked++) {
        void client.getToken().then((token) => tokens.push(token));
      }
      // An exchange takes 300 ms: who had to wait for one has no token yet.
      await pause(0);
      // Of the moment before they were asked for: the machine may have stood still since.
      expect(tokens.some((token) => token.isExpired({ nowMs: last }))).to.equal(false);
      if (tokens.length < 20) {
        waits.push(Date.now());
      }
      await pause(10);
      const took = Date.now() - last;
      if (took > STALL_MS) {
        return false;
      }
      if (took > 60) {
        stalls.push(Date.now());
      }
      last = Date.now();
    }
    const count = (wanted: string) => events.filter(({ type }) => type === wanted).length;
    await eventually(() => count("exchange.start") === count("exchange.success"));
    // A token leaves 150 ms for what goes wrong. Where the machine stood still for a part of that,
    // or the service took longer than it should, nobody can say who is to blame.
    const late = events.filter(
      ({ type, durationMs = 0 }) => type === "exchange.success" && durationMs > 360,
    );
    if (late.length > 6) {
      return false; // there is nothing left to judge by
    }
    stalls.push(...late.map(({ atMs }) => atMs));
    const blamed = waits.filter((at) => !stalls.some((stall) => Math.abs(stall - at) < 700));
    expect(blamed, JSON.stringify(events)).to.deep.equal([]);
    expect(await exchanges()).to.be.within(7, 11);
    return true;
  } finally {
    client.close();
  }
}
