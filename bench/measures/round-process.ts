// node measures/round-process.ts ID [NUMBER [quick]]: runs one round of a measure, and sends its parent the samples. A
// person at the terminal gets them printed.
import type { Sample } from "../statistics.ts";
import type { MeasureRound } from "./measure-round.ts";

process.once("disconnect", () => process.exit()); // the parent has ended

const [id = "", number = "0", speed] = process.argv.slice(2);
const { measureRound } = (await import(`./${id}.ts`)) as { measureRound: MeasureRound };
const found = await measureRound({ number: Number(number), isQuick: speed === "quick" });
const samples: readonly Sample[] = Array.isArray(found) ? found : [found];
if (process.send) {
  process.send(samples, () => process.exit()); // a timer of a peer would keep the process alive
} else {
  console.log(JSON.stringify(samples, null, 2));
}
