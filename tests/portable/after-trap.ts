// What becomes of tokens and of other clients after a trap: they stay as they were.
// Wants the package built with the feature `trap`: src/wasm/trap.rs.
import { expect } from "chai";
import { type Case, type Script, scripted } from "./harness.ts";
import { arrived, clientOf, eventually, failure, withClocksAhead, withClocksHeld } from "./make.ts";
import { askedAnew, HOUR, seen, TWO_HOURS, trap, trapping } from "./trap-support.ts";

/** Workers have one clock only. */
const isWorkers = performance.timeOrigin === 0;

export const afterTrapCases: readonly Case[] = seen([
  {
    name: "another client keeps its token, and all else that it does",
    async run(world) {
      const { client, exchanges } = clientOf(world, HOUR, { baseUrl: world.scriptUrl });
      await client.getToken();
      client.invalidate();
      const token = await client.getToken(); // not the first that its lifecycle has seen
      const other = clientOf(world, HOUR);
      for (const place of ["exchange", "answer"]) {
        await trapping(place, () => failure(other.client.getToken()));
        expect(await client.getToken()).to.equal(token);
        expect(await askedAnew(client)).to.equal(token);
      }
      expect(token.isExpired()).to.equal(false);
      expect(await exchanges()).to.equal(2);

      client.invalidate();
      const again = await client.getToken();
      await trap(world);
      const inTurn: Script[] = [{ status: 401 }, { body: "fine" }];
      const answer = await client.fetch(scripted(world, { inTurn }).url, { method: "POST" });
      expect(await answer.text()).to.equal("fine");
      const second = await client.getToken();
      expect(second).not.to.equal(again);
      expect(await exchanges()).to.equal(4);

      await trap(world);
      client.invalidate(again); // not the current one any more
      expect(await askedAnew(client)).to.equal(second);
      client.invalidate(second);
      const third = await client.getToken();
      expect(third).not.to.equal(second);
      await trap(world);
      client.invalidate();
      expect(await client.getToken()).not.to.equal(third);
      expect(await exchanges()).to.equal(6);

      await trap(world);
      client.close();
      expect((await failure(client.getToken())).code).to.equal("P4P_CLOSED");
    },
  },
  {
    name: "a token that was replaced before a trap is not taken for the one at hand",
    async run(world) {
      const { client, exchanges } = clientOf(world, HOUR, { baseUrl: world.scriptUrl });
      const first = await client.getToken();
      const inTurn: Script[] = [{ status: 401, held: true }, { body: "fine" }];
      const api = scripted(world, { inTurn });
      const late = client.fetch(api.url);
      await arrived(api);
      client.invalidate(first);
      const second = await client.getToken();
      await trap(world);
      await api.release();
      expect(await askedAnew(client)).to.equal(second);
      expect(await (await late).text()).to.equal("fine");
      expect(await askedAnew(client)).to.equal(second);
      expect(await exchanges()).to.equal(2);
      client.close();
    },
  },
  {
    name: "a token ends when it would have ended",
    async run(world) {
      const { client } = clientOf(world, HOUR);
      const token = await client.getToken();
      await trap(world);
      expect(await askedAnew(client)).to.equal(token);
      await withClocksAhead(
        () => 3_600_000,
        async () => {
          expect(token.isExpired()).to.equal(true);
          expect(await client.getToken()).not.to.equal(token);
          client.close();
        },
      );
    },
  },
  {
    name: "after a trap a token ends by the clock that has advanced more",
    async run(world) {
      const half = 1_800_000;
      for (const [wallMs, monotonicMs] of [
        [half, 0],
        [-half, half],
      ] as const) {
        await withClocksHeld(async (move) => {
          const { client } = clientOf(world, HOUR);
          const token = await client.getToken();
          move(wallMs, monotonicMs);
          await trap(world);
          // Where the wall clock is the only one, it has ended at the step back.
          const isEnded = isWorkers && wallMs < 0;
          expect((await askedAnew(client)) === token).to.equal(!isEnded);
          move(half);
          expect(await askedAnew(client)).not.to.equal(token);
          client.close();
        });
      }
    },
  },
  {
    name: "a step back of the clock between a trap and the next call ends the token",
    async run(world) {
      await withClocksHeld(async (move) => {
        const { client } = clientOf(world, HOUR);
        const token = await client.getToken();
        await trap(world);
        move(isWorkers ? -2_000 : 5, -2_000);
        client.state(); // reads the clocks, and there is no lifecycle to tell
        expect(await askedAnew(client)).not.to.equal(token);
        client.close();
      });
    },
  },
  {
    name: "a refresh that traps fails nobody, and is made again",
    async run(world) {
      const { client, types, exchanges } = clientOf(world, { inTurn: [HOUR, TWO_HOURS] });
      const token = await client.getToken();
      await trap(world);
      expect(await askedAnew(client)).to.equal(token); // of the lifecycle that is made anew
      await withClocksAhead(
        () => 50 * 60_000, // past the refresh point, wherever that lies
        async () => {
          expect(await trapping("attempt", () => client.getToken())).to.equal(token);
          await eventually(() => types().length === 5);
          expect(types().slice(2)).to.deep.equal([
            "refresh.background",
            "exchange.start",
            "exchange.failure",
          ]);
          expect(await client.getToken()).to.equal(token);
          await eventually(async () => (await client.getToken()) !== token);
          expect(await exchanges()).to.equal(2);
          client.close();
        },
      );
    },
  },
]);
