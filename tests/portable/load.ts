// Many callers at once, and a steady load over many lifetimes of tokens.
import { expect } from "chai";
import type { Token } from "pay4power-auth";
import type { Case, Script, World } from "./harness.ts";
import { clientOf, eventually, pause, withClocksHeld } from "./make.ts";

const HOUR: Script = { lifetimeS: 3_600 };

export const loadCases: Case[] = [
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
    name: "3-second tokens at steady load: no stall, none expired, few exchanges",
    load: true,
    async run(world) {
      let tries = 1;
      while (!(await monotonicLoad(world))) {
        tries += 1;
        expect(tries, "times that the machine stood still").to.be.below(6);
      }
    },
  },
];

/** How long the loop of 10 ms may take before nothing can be told of the whole run. */
const STALL_MS = 500;

/** 20 s of it; false as soon as the machine has stood still for so long that it tells nothing. */
async function monotonicLoad(world: World): Promise<boolean> {
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
    // A token leaves 150 ms of slack. A stop of the machine or a slow answer of the service can use it up. Then a late
    // token proves nothing about the client.
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
