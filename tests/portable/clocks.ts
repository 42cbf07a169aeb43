// Clocks that jump, stand still, or are replaced: what is handed out has not ended by any of them.
import { expect } from "chai";
import type { Token, TokenStore } from "pay4power-auth";
import { accepted, type Case, jwt, type Script, scripted } from "./harness.ts";
import { arrived, clientOf, DUE_MS, failure, good, withClocksHeld, withWallClock } from "./make.ts";

const HOUR_MS = 3_600_000;
const HOUR: Script = { lifetimeS: 3_600 };
/** Workers have one clock only. */
const HAS_MONOTONIC = performance.timeOrigin !== 0;
/** So much is lost where this clock and the service's seem to disagree, or to the time that the test takes. */
const SLACK_MS = 60_000;

/** A token that may be handed out: it has not ended, and lives no longer than it can. */
function isGood(token: Token, mostMs = HOUR_MS): Token {
  expect(token.isExpired()).to.equal(false);
  expect(token.expiresInMs()).to.be.within(mostMs - SLACK_MS, mostMs + 1_000);
  return token;
}

export const clockCases: Case[] = [
  {
    name: "while the machine sleeps, the token at hand ages",
    async run(world) {
      for (const [sleepMs, made] of [
        [HOUR_MS / 2, 1],
        [HOUR_MS - 1_000, 2],
        [2 * HOUR_MS, 2],
        [24 * HOUR_MS, 2],
      ] as const) {
        await withClocksHeld(async (move) => {
          const { client, exchanges } = clientOf(world, HOUR);
          const first = isGood(await client.getToken());
          expect(await client.getToken()).to.equal(first);
          move(sleepMs, 5); // the monotonic clock stands still
          const callers = Array.from({ length: 20 }, () => client.getToken());
          for (const token of await Promise.all(callers)) {
            expect(token.isExpired()).to.equal(false);
            expect(token === first, `${sleepMs} ms`).to.equal(made === 1);
          }
          expect((await client.getToken()).isExpired()).to.equal(false);
          expect(await exchanges(), `${sleepMs} ms`).to.equal(made);
          client.close();
        });
      }
    },
  },
  {
    name: "a process that is frozen between its requests does not hand out a token that has ended",
    async run(world) {
      await withClocksHeld(async (move) => {
        const { client, exchanges } = clientOf(world, HOUR, { refreshAhead: 0 });
        for (let minutes = 0; minutes < 180; minutes++) {
          expect((await client.getToken()).isExpired(), `${minutes} minutes`).to.equal(false);
          move(60_000, 1);
        }
        expect(await exchanges()).to.equal(3);
        client.close();
      });
    },
  },
  {
    name: "a cool-down ends while the machine sleeps",
    async run(world) {
      const rejected: Script = { status: 401, body: '{"success":false,"statusCode":401}' };
      await withClocksHeld(async (move) => {
        const { client, exchanges } = clientOf(world, { inTurn: [rejected, HOUR] });
        await failure(client.getToken());
        move(29_000, 1);
        expect((await failure(client.getToken())).code).to.equal("P4P_CREDENTIALS_REJECTED");
        move(1_100, 1);
        isGood(await client.getToken());
        expect(await exchanges()).to.equal(2);
        client.close();
      });
    },
  },
  {
    name: "a wall clock that stands still while the monotonic one goes on keeps no token alive",
    async run(world) {
      await withClocksHeld(async (move) => {
        const { client, exchanges } = clientOf(world, HOUR);
        await client.getToken();
        move(50, 2 * HOUR_MS); // as soon as it moves at all
        isGood(await client.getToken());
        expect(await exchanges()).to.equal(HAS_MONOTONIC ? 2 : 1);
        client.close();
      });
    },
  },
  {
    name: "a token that was over on arrival since the machine slept is asked for again at once",
    async run(world) {
      const inTurn: Script[] = [{ ...HOUR, held: true }, HOUR];
      for (const retries of [0, 2]) {
        await withClocksHeld(async (move) => {
          const { client, asked, exchanges, release, types } = clientOf(
            world,
            { inTurn },
            { retries },
          );
          const leader = client.getToken();
          await asked();
          // They come once the exchange has begun: until then they ask again each second, and where the
          // wall clock is the only one, the second time would be two hours late.
          const callers = [leader, ...Array.from({ length: 20 }, () => client.getToken())];
          move(2 * HOUR_MS, 5);
          await release();
          const tokens = new Set(await Promise.all(callers));
          expect(tokens.size).to.equal(1);
          for (const token of tokens) {
            isGood(token);
            expect(await client.getToken()).to.equal(token);
          }
          expect(await exchanges()).to.equal(2);
          expect(types()).to.deep.equal([
            "exchange.start",
            "exchange.failure",
            "retry",
            "exchange.start",
            "exchange.success",
          ]);
          client.close();
        });
      }
    },
  },
  {
    name: "authenticate gives no token that was over on arrival",
    async run(world) {
      const service = scripted(world, { inTurn: [{ ...HOUR, held: true }, HOUR] });
      await withClocksHeld(async (move) => {
        const exchange = world.lib.authenticate({
          ...good(world),
          tokenUrl: service.url,
          retries: 0,
        });
        await arrived(service);
        move(2 * HOUR_MS, 5);
        await service.release();
        isGood(await exchange);
        expect(await service.calls()).to.have.length(2);
      });
    },
  },
  {
    name: "a token on its way ages while the machine sleeps",
    async run(world) {
      await withClocksHeld(async (move) => {
        const { client, asked, exchanges, release } = clientOf(world, { ...HOUR, held: true });
        const token = client.getToken();
        await asked();
        move(HOUR_MS / 2, 5);
        await release();
        isGood(await token, HOUR_MS / 2);
        expect(await exchanges()).to.equal(1);
        client.close();
      });
    },
  },
  {
    name: "a background refresh that the machine sleeps through brings no token that has ended",
    async run(world) {
      const inTurn: Script[] = [HOUR, { ...HOUR, held: true }, HOUR];
      await withClocksHeld(async (move) => {
        const { client, asked, exchanges, release } = clientOf(world, { inTurn });
        const first = isGood(await client.getToken());
        move(DUE_MS);
        expect(await client.getToken()).to.equal(first);
        await asked(2);
        move(2 * HOUR_MS, 5);
        const later = client.getToken();
        await release();
        isGood(await later);
        expect(await exchanges()).to.equal(3);
        client.close();
      });
    },
  },
  {
    name: "a token that ends while it is written to the store is not handed out",
    async run(world) {
      await withClocksHeld(async (move) => {
        let writeBegins = () => {};
        let endWrite = () => {};
        const began = new Promise<void>((resolve) => {
          writeBegins = resolve;
        });
        const written = new Promise<void>((resolve) => {
          endWrite = resolve;
        });
        const store: TokenStore = {
          get: async () => null,
          set: () => {
            writeBegins();
            return written;
          },
          delete: async () => {},
        };
        const { client, exchanges } = clientOf(world, HOUR, { store });
        const leader = client.getToken();
        await began;
        move(2 * HOUR_MS, 5);
        endWrite();
        if (HAS_MONOTONIC) {
          isGood(await leader);
          expect(await exchanges()).to.equal(2);
        } else {
          expect((await failure(leader)).code).to.equal("P4P_TIMEOUT"); // two hours by the only clock
        }
        client.close();
      });
    },
  },
  {
    name: "a client that is closed while a token is written to the store hands it out no more",
    async run(world) {
      let endWrite = () => {};
      const written = new Promise<void>((resolve) => {
        endWrite = resolve;
      });
      const { client } = clientOf(world, HOUR, {
        store: {
          get: async () => null,
          set: () => {
            client.close();
            endWrite();
            return written;
          },
          delete: async () => {},
        },
      });
      expect((await failure(client.getToken())).code).to.equal("P4P_CLOSED");
    },
  },
  {
    name: "the age of an answer is counted",
    async run(world) {
      const old = (age: string): Script => ({
        ...HOUR,
        headers: { age, "access-control-expose-headers": "age" },
      });
      const { client } = clientOf(world, old("1800"));
      isGood(await client.getToken(), HOUR_MS / 2);
      client.close();
      for (const age of ["3600", "86400", "99999999999999999999"]) {
        const kept = clientOf(world, { inTurn: [old(age), HOUR] }, { retries: 0 });
        const error = await failure(kept.client.getToken());
        expect(error, age).to.include({ code: "P4P_TOKEN_UNUSABLE", retryable: false });
        kept.client.close();
      }
      const none = clientOf(world, old("an hour"));
      isGood(await none.client.getToken());
      none.client.close();
    },
  },
  {
    name: "an answer that a cache has kept for an hour is no token, whatever this machine's clock says",
    async run(world) {
      const madeS = Math.floor(Date.now() / 1_000) - 3_700;
      const exp = madeS + 3_600;
      const kept: Script = {
        body: accepted({ token: jwt({ iat: madeS, exp }), expiresAt: exp }),
        headers: {
          age: "3700",
          date: new Date(madeS * 1_000).toUTCString(),
          "access-control-expose-headers": "age, date",
        },
      };
      for (const hours of [-6, 0, 6]) {
        await withWallClock(
          () => hours * HOUR_MS,
          async () => {
            const { client } = clientOf(world, kept, { retries: 0 });
            const error = await failure(client.getToken());
            expect(error.code, `${hours} hours off`).to.equal("P4P_TOKEN_UNUSABLE");
            client.close();
          },
        );
      }
    },
  },
  {
    name: "a wall clock that jumps costs one exchange at most, and never hands out a dead token",
    async run(world) {
      const hours = [-6, 6, -12, 12, 6, 6, -12];
      await withClocksHeld(async (move) => {
        const { client, exchanges } = clientOf(world, HOUR);
        await client.getToken();
        let most = 1;
        for (const jump of hours) {
          move(jump * HOUR_MS, 5);
          const tokens = await Promise.all(Array.from({ length: 20 }, () => client.getToken()));
          for (const token of tokens) {
            expect(token.isExpired(), `after ${jump} hours`).to.equal(false);
          }
          most += jump > 0 || !HAS_MONOTONIC ? 1 : 0;
          expect(await exchanges(), `after ${jump} hours`).to.be.at.most(most);
        }
        client.close();
      });
    },
  },
  {
    name: "a wall clock that was put back does not make a token live longer",
    async run(world) {
      await withClocksHeld(async (move) => {
        const { client, exchanges } = clientOf(world, HOUR, { refreshAhead: 0 });
        await client.getToken();
        move(-6 * HOUR_MS, 5);
        await client.getToken();
        const before = await exchanges();
        expect(before).to.equal(HAS_MONOTONIC ? 1 : 2);
        move(HOUR_MS);
        isGood(await client.getToken());
        // Also by sleeping.
        move(-6 * HOUR_MS, 5);
        await client.getToken();
        move(HOUR_MS, 5);
        isGood(await client.getToken());
        expect(await exchanges()).to.equal(before + (HAS_MONOTONIC ? 2 : 3));
        client.close();
      });
    },
  },
  {
    name: "fake timers that advance the date and the timers only, after the client was made",
    async run(world) {
      for (const advance of [2 * HOUR_MS, HOUR_MS]) {
        const { client, exchanges } = clientOf(world, HOUR);
        const first = isGood(await client.getToken());
        const fake = new FakeTimers();
        try {
          expect(await client.getToken()).to.equal(first);
          fake.advance(advance);
          expect(first.isExpired()).to.equal(true);
          const second = isGood(await client.getToken());
          expect(second).not.to.equal(first);
          expect(await client.getToken()).to.equal(second);
        } finally {
          fake.restore();
        }
        expect((await client.getToken()).isExpired()).to.equal(false);
        expect(await exchanges()).to.be.within(2, 3); // one more where the date is the only clock
        client.close();
      }
    },
  },
  {
    name: "fake timers that were there before the client, and advance in an exchange",
    async run(world) {
      const fake = new FakeTimers();
      try {
        const inTurn: Script[] = [{ ...HOUR, held: true }, HOUR];
        const { client, asked, release, exchanges } = clientOf(world, { inTurn }, { retries: 0 });
        const token = client.getToken();
        await asked();
        fake.advanceDate(2 * HOUR_MS); // without the timers, which would end the attempt
        await release();
        isGood(await token);
        expect(await exchanges()).to.equal(2);
        client.close();
      } finally {
        fake.restore();
      }
    },
  },
  {
    name: "a wall clock six hours off, either way, changes nothing",
    async run(world) {
      for (const hours of [-6, 6]) {
        await withWallClock(
          () => hours * HOUR_MS,
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

/** Timers that ring, and a date that advances, when they are told to, as those of test frameworks. */
class FakeTimers {
  readonly #real = { now: Date.now, setTimeout, clearTimeout };
  #nowMs = Date.now();
  #timers = new Map<number, { readonly atMs: number; readonly ring: () => void }>();
  #last = 0;

  constructor() {
    const fakes = {
      setTimeout: (ring: (...given: unknown[]) => void, ms = 0, ...given: unknown[]) => {
        this.#last += 1;
        this.#timers.set(this.#last, { atMs: this.#nowMs + ms, ring: () => ring(...given) });
        return this.#last;
      },
      clearTimeout: (id: number) => {
        // One that is older than these timers is left alone, as by test frameworks.
        this.#timers.delete(id);
      },
    };
    Object.assign(globalThis, fakes);
    Date.now = () => this.#nowMs;
  }

  advanceDate(ms: number): void {
    this.#nowMs += ms;
  }

  /** All in one synchronous step. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const due = [...this.#timers].filter(([, { atMs }]) => atMs <= untilMs);
      const next = due.sort(([, one], [, other]) => one.atMs - other.atMs)[0];
      if (next === undefined) {
        break;
      }
      const [id, { atMs, ring }] = next;
      this.#timers.delete(id);
      this.#nowMs = Math.max(this.#nowMs, atMs);
      ring();
    }
    this.#nowMs = untilMs;
  }

  restore(): void {
    const { now, ...timers } = this.#real;
    Object.assign(globalThis, timers);
    Date.now = now;
  }
}
