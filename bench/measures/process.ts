// Measures one round of one thing in a process of its own, and sends its parent what it found.
import type { Sample } from "../statistics.ts";
import type { MeasureRound } from "./round.ts";

process.once("disconnect", () => process.exit()); // its parent is gone

const [id = "", number = "0", speed] = process.argv.slice(2);
const { measureRound } = (await import(`./${id}.ts`)) as { measureRound: MeasureRound };
const found = await measureRound({ number: Number(number), isQuick: speed === "quick" });
const samples: readonly Sample[] = Array.isArray(found) ? found : [found];
if (process.send) {
  process.send(samples, () => process.exit()); // a peer may have left a timer
} else {
  console.log(JSON.stringify(samples, null, 2)); // a person has started this process
}
