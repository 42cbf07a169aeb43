// What becomes of traps: of the call that traps, of what is under way, and of all that comes after it.
// Wants the package built with the feature `trap`: src/wasm/trap.rs.
import { expect } from "chai";
import type { AuthenticateOptions, Client } from "pay4power-auth";
import { type Case, type Script, scripted } from "./harness.ts";
import { clientOf, eventually, failure, pause, withClocksHeld } from "./make.ts";
import {
  askedAnew,
  collected,
  expectDefect,
  expectDefectOr,
  HOUR,
  host,
  isEdgeRuntime,
  keys,
  memoriesMadeBy,
  seen,
  thrown,
  trap,
  trapping,
  uncaughtWhile,
  WANTED,
  withTimersOfCore,
} from "./trap-support.ts";

// What lifecycles are told of.
const ASK = "ask";
const PROGRESS = "progress";
const SUCCEEDED = "succeeded";
const UNAUTHORIZED = "unauthorized";
const REPLAYED = "replayed";
const INVALIDATE = "invalidate";

/** What rings nobody. */
const never = () => 0;

const cases: Case[] = [
  {
    name: "a call that traps fails, and the next one works",
    async run(world) {
      const { claims, value } = await world.lib.authenticate(keys(world, HOUR));
      // Forced, and for two real reasons.
      for (const how of ["", " stack", " memory"]) {
        await trap(world, how);
        expect(world.lib.decodeClaims(value)).to.deep.equal(claims);
      }
    },
  },
  {
    name: "an exchange that traps fails, wherever that is, and the next one works",
    async run(world) {
      // In a microtask, and in what a promise calls.
      const inExchange = [
        "exchange",
        "exchange stack",
        "attempt",
        "answer",
        "answer stack",
        "answer memory",
      ];
      for (const place of inExchange) {
        const options = keys(world, HOUR);
        const error = await trapping(place, () => failure(world.lib.authenticate(options)));
        expectDefect(world, error);
        await world.lib.authenticate(options);
      }
      for (const place of ["open", ASK, ...inExchange, PROGRESS, SUCCEEDED]) {
        const { client } = clientOf(world, HOUR);
        expectDefect(world, await trapping(place, () => failure(client.getToken())));
        const token = await client.getToken();
        expect(await client.getToken()).to.equal(token);
        client.close();
      }
    },
  },
  {
    name: "the state is told without the core too, and when the core traps for it",
    async run(world) {
      const { client } = clientOf(world, HOUR);
      const { expiresAtMs } = await client.getToken();
      const state = client.state();
      expect(state).to.include({ token: "fresh", expiresAtMs });
      expect(await trapping("state", async () => client.state())).to.deep.equal(state);
      expect(client.state()).to.deep.equal(state);
      await client.getToken();
      expect(client.state()).to.deep.equal(state);
      client.close();
    },
  },
  {
    name: "without the core the state follows the wall clock, to the millisecond",
    async run(world) {
      const { random } = Math;
      Math.random = () => 0; // no jitter: the refresh is due when a fifth of the lifetime is left
      try {
        await withClocksHeld(async (move) => {
          const { client } = clientOf(world, HOUR);
          const { expiresAtMs } = await client.getToken();
          await trap(world);
          const rest = { exchanging: false, circuit: "closed", retryAtMs: null, lastFailure: null };
          const phases = [
            ["fresh", 720_001],
            ["refresh-soon", 720_000],
            ["refresh-soon", 1],
            ["expired", 0],
          ] as const;
          for (const [token, leftMs] of phases) {
            move(expiresAtMs - leftMs - Date.now());
            expect(client.state()).to.deep.equal({ token, expiresAtMs, ...rest });
          }
          client.close();
        });
      } finally {
        Math.random = random;
      }
    },
  },
  {
    name: "an exchange that traps tells so in its events",
    async run(world) {
      const { client, events } = clientOf(world, HOUR);
      await trapping("answer", () => failure(client.getToken()));
      await client.getToken();
      expect(events.map(({ type, reason, attempt }) => [type, reason, attempt])).to.deep.equal([
        ["exchange.start", "absent", 1],
        ["exchange.failure", "P4P_INTERNAL", 1],
        ["exchange.start", "absent", 1],
        ["exchange.success", "absent", 1],
      ]);
      expect(events.map(({ exchangeId }) => exchangeId)).to.deep.equal([1, 1, 2, 2]);
      client.close();
    },
  },
  {
    name: "a cool-down that a trap has ended is told at the next reset, and its circuit is closed",
    async run(world) {
      const rejected: Script = { status: 401, body: '{"success":false,"statusCode":401}' };
      const { client, events } = clientOf(world, { inTurn: [rejected, HOUR] });
      await failure(client.getToken());
      expect(client.state().circuit).to.equal("open");
      await trap(world);
      client.reset();
      client.reset();
      const told = events.filter(({ type }) => type.startsWith("cooldown."));
      expect(told.map(({ type, reason, circuit }) => [type, reason, circuit])).to.deep.equal([
        ["cooldown.start", "P4P_CREDENTIALS_REJECTED", "open"],
        ["cooldown.end", "reset", "closed"],
      ]);
      await client.getToken();
      client.close();
    },
  },
  {
    name: "100 callers who wait for an exchange that traps all fail, and the next one does not",
    async run(world) {
      for (const place of ["answer", SUCCEEDED]) {
        const { client, exchanges } = clientOf(world, { ...HOUR, delayMs: 50 });
        const errors = await trapping(place, () =>
          Promise.all(Array.from({ length: 100 }, () => failure(client.getToken()))),
        );
        for (const error of errors) {
          expectDefect(world, error);
        }
        const before = await exchanges();
        const tokens = await Promise.all(Array.from({ length: 100 }, () => client.getToken()));
        expect(new Set(tokens).size).to.equal(1);
        expect(await exchanges()).to.equal(before + 1);
        client.close();
      }
      // An exchange begins in a microtask, when all have asked.
      const { client, exchanges } = clientOf(world, HOUR);
      const ended = await trapping("exchange", () =>
        Promise.allSettled(Array.from({ length: 100 }, () => client.getToken())),
      );
      const errors = ended.flatMap((it) => (it.status === "rejected" ? [it.reason] : []));
      expect(errors).to.have.length(100);
      for (const error of errors) {
        expectDefect(world, error);
      }
      await client.getToken();
      expect(await exchanges()).to.equal(1);
      client.close();
    },
  },
  {
    name: "a timer, an abort or a close that traps ends its exchange, and nothing else",
    async run(world) {
      const late = clientOf(world, { fault: "silent" }, { timeoutMs: 100 });
      expectDefect(world, await trapping("stop", () => failure(late.client.getToken())));
      await world.lib.authenticate(keys(world, HOUR));
      late.client.close();

      const left = clientOf(world, { fault: "silent" });
      const wait = failure(left.client.getToken());
      await pause(50);
      await trapping("stop", async () => {
        left.client.close();
        await wait; // on Workers the request that leads looks for itself whether it is to stop
        return pause(10);
      });
      expect((await wait).code).to.equal("P4P_CLOSED");
      const closed = clientOf(world, HOUR);
      await closed.client.getToken();
      await trapping("close", () => closed.client.close());
      await world.lib.authenticate(keys(world, HOUR));
    },
  },
  {
    name: "an exchange whose timers never ring ends in time, and the next one works",
    async run(world) {
      const other = clientOf(world, HOUR);
      const token = await other.client.getToken();
      const soonOver = { timeoutMs: 100, deadlineMs: 100, retries: 0 };
      const silent = { ...keys(world, { fault: "silent" }), ...soonOver };
      await withTimersOfCore(never, async () => {
        expectDefect(world, await failure(world.lib.authenticate(silent)));
      });
      await world.lib.authenticate(keys(world, HOUR));
      expect(await askedAnew(other.client)).to.equal(token);
      expect(await other.exchanges()).to.equal(1);

      const { client } = clientOf(world, { inTurn: [{ fault: "silent" }, HOUR] }, soonOver);
      await withTimersOfCore(never, async () => {
        expect((await failure(client.getToken())).code).to.be.oneOf([
          "P4P_INTERNAL",
          "P4P_TIMEOUT",
        ]);
      });
      // If the caller has given up first, the core is replaced only now. An exchange that is under way then must be none
      // of the next case.
      const underWay = { ...keys(world, { fault: "silent" }), timeoutMs: 3_000, retries: 0 };
      expectDefectOr(world, await failure(world.lib.authenticate(underWay)), ["P4P_TIMEOUT"]);
      await eventually(() =>
        client.getToken().then(
          () => true,
          () => false,
        ),
      );
      expect(await askedAnew(other.client)).to.equal(token);
      client.close();
      other.client.close();
    },
  },
  {
    name: "a fetch that has the core trap and hides it ends its own exchange",
    async run(world) {
      let calls = 0;
      const options: AuthenticateOptions = {
        ...keys(world, HOUR),
        async fetch(...given) {
          calls += 1;
          if (calls === 1) {
            host[WANTED] = "decodeClaims";
            expectDefect(world, thrown(world.lib.decodeClaims));
          }
          return fetch(...given);
        },
      };
      expectDefect(world, await failure(world.lib.authenticate(options)));
      await world.lib.authenticate(options);
      expect(calls).to.equal(2);
    },
  },
  {
    name: "a listener that has the core trap ends its own exchange, and what that sends",
    async run(world) {
      const signals: (AbortSignal | null | undefined)[] = [];
      const errors: unknown[] = [];
      const { client } = clientOf(world, HOUR, {
        onEvent() {
          if (errors.length === 0) {
            host[WANTED] = "decodeClaims";
            errors.push(thrown(world.lib.decodeClaims));
          }
        },
        fetch(input, init) {
          signals.push(init?.signal);
          return fetch(input, init);
        },
      });
      errors.push(await failure(client.getToken()));
      for (const error of errors) {
        expectDefect(world, error);
      }
      // The core was on the stack, and has gone on to where it waits.
      expect(signals.map((signal) => signal?.aborted)).to.deep.equal([true]);
      await client.getToken();
      client.close();
    },
  },
  {
    name: "a listener that has the core trap as an exchange begins delays that, and fails nobody",
    async run(world) {
      for (const hasManager of [false, true]) {
        await withClocksHeld(async (move) => {
          let isDown = true;
          let traps = 0;
          const { publicKey, privateKey } = world;
          const credentials = () => {
            if (isDown) {
              throw new Error("down");
            }
            return { publicKey, privateKey };
          };
          const { client } = clientOf(
            world,
            { inTurn: hasManager ? [HOUR] : [{ status: 503 }, HOUR] },
            {
              retries: 0,
              ...(hasManager && { credentials }),
              onEvent({ type }) {
                if (type === "cooldown.end") {
                  traps += 1;
                  host[WANTED] = "decodeClaims";
                  expectDefect(world, thrown(world.lib.decodeClaims));
                }
              },
            },
          );
          await failure(client.getToken());
          isDown = false;
          move(4_000);
          expect((await client.getToken()).isExpired()).to.equal(false);
          expect(traps).to.equal(1);
          client.close();
        });
      }
    },
  },
  {
    name: "whatever is under way ends",
    async run(world) {
      const later = { "retry-after": "2", "access-control-expose-headers": "retry-after" };
      const first: Script[] = [{ ...HOUR, held: true }, { fault: "silent" }, { fault: "stall" }];
      const signals: (AbortSignal | null | undefined)[] = [];
      const options = {
        fetch: (input: RequestInfo | URL, init?: RequestInit) => {
          signals.push(init?.signal);
          return fetch(input, init);
        },
      };
      const trapped = first.map((script) => clientOf(world, { inTurn: [script, HOUR] }, options));
      const retry = clientOf(world, { inTurn: [{ status: 503, headers: later }, HOUR] });
      let found = (_: null) => {};
      const store = {
        get: () =>
          new Promise<null>((resolve) => {
            found = resolve;
          }),
        set: () => Promise.resolve(),
        delete: () => Promise.resolve(),
      };
      const stored = clientOf(world, HOUR, { store });
      const silent = keys(world, { fault: "silent" });
      const wait = ({ client }: { client: Client }) => client.getToken();

      const failures = trapped.map((it) => failure(wait(it)));
      failures.push(failure(world.lib.authenticate(silent)));
      await Promise.all(trapped.map(({ asked }) => asked()));
      failures.push(failure(wait(retry))); // between two attempts
      const success = wait(stored);
      await eventually(() => retry.types().includes("retry"));
      await trap(world);
      found(null);
      // By the trap: each attempt might have taken ten seconds, and ended in a timeout.
      for (const error of await Promise.all(failures)) {
        expectDefect(world, error);
      }
      expect(signals.map((signal) => signal?.aborted)).to.deep.equal([true, true, true]);
      await Promise.all([...trapped, retry].map(wait));
      await success;
      for (const { client } of [...trapped, retry, stored]) {
        client.close();
      }
    },
  },
  {
    name: "an answer is given to its caller, whatever traps behind it",
    async run(world) {
      const { client } = clientOf(world, HOUR, { baseUrl: world.scriptUrl });
      const inTurn: Script[] = [{ status: 401 }, { body: "fine" }];
      const refused = scripted(world, { inTurn });
      const answer = await trapping(UNAUTHORIZED, () => client.fetch(refused.url));
      expect(answer.status).to.equal(401);
      expect((await client.fetch(refused.url)).status).to.equal(200);

      const paid = scripted(world, { inTurn });
      const init = { method: "POST", body: "pay" };
      const fine = await trapping(REPLAYED, () => client.fetch(paid.url, init));
      expect(await fine.text()).to.equal("fine");
      expect(await paid.calls()).to.have.length(2);
      client.close();
    },
  },
  {
    name: "a token whose invalidation traps is not handed out again",
    async run(world) {
      const { client } = clientOf(world, HOUR);
      const token = await client.getToken();
      const invalidate = async () => client.invalidate();
      expectDefect(world, await trapping(INVALIDATE, () => failure(invalidate())));
      expect(await client.getToken()).not.to.equal(token);
      client.close();
    },
  },
  {
    name: "what is collected of a core that has trapped is no trouble",
    async run(world) {
      // Keeps that core alive, since it does not know of the trap yet.
      const { client } = clientOf(world, HOUR);
      const token = await client.getToken();
      for (let times = 0; times < 100; times++) {
        await clientOf(world, HOUR).client.getToken();
      }
      await trap(world);
      await collected();
      expect(await askedAnew(client)).to.equal(token);
      client.close();
    },
  },
  {
    name: "50 traps make 50 instances, of which none stays",
    async run(world) {
      const { client, exchanges } = clientOf(world, HOUR);
      const token = await client.getToken();
      const options = { ...keys(world, HOUR), timeoutMs: 1_000 };
      const memories = await memoriesMadeBy(async () => {
        for (let times = 0; times < 25; times++) {
          await trap(world);
          expect(await askedAnew(client)).to.equal(token);
          await trapping("answer", () => failure(world.lib.authenticate(options)));
          await world.lib.authenticate(options);
        }
      });
      expect(memories).to.have.length(50);
      expect(await exchanges()).to.equal(1);
      if (host.gc) {
        // Not before the timers of the exchanges that trapped have rung.
        await eventually(async () => {
          await collected();
          return memories.filter((isThere) => isThere()).length < 5;
        });
      }
      client.close();
    },
  },
];

export const trapCases: readonly Case[] = [
  {
    name: "what nobody catches would be seen",
    async run() {
      if (isEdgeRuntime) {
        return; // it is a part of a process that would hear of it too
      }
      const uncaught = await uncaughtWhile(() => {
        void Promise.reject(new Error("seen"));
      });
      expect(new Set(uncaught)).to.deep.equal(new Set(["Error: seen"]));
    },
  },
  ...seen(cases),
];
