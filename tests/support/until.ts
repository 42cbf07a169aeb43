// Waits for what comes after some turns of the event loop.
import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";

/** No test waits for so many turns. */
const MAX_TURNS = 10_000;

/** Waits, turn by turn, until `isSo` is true. Fails if it never becomes true. */
export async function until(isSo: () => boolean): Promise<void> {
  for (let turns = 0; !isSo(); turns++) {
    assert.ok(turns < MAX_TURNS, `never true: ${isSo}`);
    await turn();
  }
}
