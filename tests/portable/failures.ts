// Exchanges that fail: what is retried, what callers get meanwhile, and when the client asks again.
import { expect } from "chai";
import { type Case, codeOfBrokenBody, type Script, scripted } from "./harness.ts";
import {
  clientOf,
  DUE_MS,
  eventually,
  failure,
  pause,
  withClocksAhead,
  withClocksHeld,
} from "./make.ts";
import { expectHidden } from "./shown.ts";

const HOUR: Script = { lifetimeS: 3_600 };
const REJECTED: Script = { status: 401, body: '{"success":false,"statusCode":401}' };

export const failureCases: Case[] = [
  {
    name: "rejected keys: one exchange, instant failures, reset, recovery",
    async run(world) {
      const { client, events, exchanges, types } = clientOf(world, { inTurn: [REJECTED, HOUR] });
      const all = await Promise.all(Array.from({ length: 100 }, () => failure(client.getToken())));
      all.push(await failure(client.getToken()));
      for (const error of all) {
        expect(error).to.include({ code: "P4P_CREDENTIALS_REJECTED", status: 401 });
        expect("cause" in error).to.equal(false);
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
      expect(events.find(({ type }) => type === "circuit.close")?.reason).to.equal("reset");
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
      expectHidden(events, world.privateKey);
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
    name: "a refresh that has failed is made again as soon as its cool-down is over",
    async run(world) {
      const inTurn: Script[] = [HOUR, { status: 500 }, HOUR];
      const { client, types } = clientOf(world, { inTurn }, { retries: 0 });
      await withClocksHeld(async (move) => {
        const token = await client.getToken();
        move(DUE_MS);
        expect(await client.getToken()).to.equal(token);
        await eventually(() => types().includes("cooldown.start"));
        move(5_000); // less than the attempt could have taken
        expect(await client.getToken()).to.equal(token);
        expect(client.state().exchanging).to.equal(true);
        await eventually(() => types().at(-1) === "exchange.success");
      });
      client.close();
    },
  },
  {
    name: "a leader that fails after its place was taken fails nobody",
    async run(world) {
      const answers: ((answer: Response | Promise<Response>) => void)[] = [];
      let aheadMs = 0;
      await withClocksAhead(
        () => aheadMs,
        async () => {
          const service = scripted(world, HOUR);
          const { client } = clientOf(world, HOUR, {
            retries: 0,
            fetch: () =>
              new Promise<Response>((resolve) => {
                answers.push(resolve);
              }),
          });
          const first = client.getToken();
          await eventually(() => answers.length === 1);
          aheadMs = 10_600; // its attempt is late, and not yet ended
          const second = client.getToken();
          await eventually(() => answers.length === 2);
          answers[0]?.(new Response(null, { status: 500 }));
          await service.calls();
          answers[1]?.(fetch(service.url, { method: "POST" }));
          expect(await first).to.equal(await second);
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
];
