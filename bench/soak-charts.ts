// node soak-charts.ts RESULT.json FOLDER: draws the memory of each subject of a soak run over time. It is here because
// this folder has vega.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as vega from "vega";
import * as vegaLite from "vega-lite";
import type { Measure } from "../tests/soak/memory.ts";
import type { SoakResult, SubjectResult } from "../tests/soak/run.ts";

/** Readable on white and on black. */
const INK = "#808080";
const COLOR = "#2f81f7";

/** The axis of each measure, and the factor to its unit. */
const AXES: Readonly<Record<Measure, readonly [title: string, factor: number]>> = {
  heapBytes: ["heap, MiB", 1 / (1_024 * 1_024)],
  wasmBytes: ["Wasm, MiB", 1 / (1_024 * 1_024)],
  descriptors: ["descriptors", 1],
  timers: ["timers", 1],
};

const [file = "", folder = ""] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const { subjects } = JSON.parse(readFileSync(file, "utf8")) as SoakResult;
for (const subject of subjects) {
  writeFileSync(join(folder, `soak-${subject.runtime}.svg`), await draw(subject));
}

/** Draws a line for each measure that the subject has, one below the other. */
function draw({ runtime, version, samples }: SubjectResult): Promise<string> {
  const measures = (Object.keys(AXES) as Measure[]).filter((measure) =>
    samples.some((sample) => typeof sample[measure] === "number"),
  );
  const spec: vegaLite.TopLevelSpec = {
    title: { text: `${runtime} ${version}, at rest`, anchor: "start" },
    vconcat: measures.map((measure) => {
      const [title, factor] = AXES[measure];
      const values = samples.map((sample) => ({
        minutes: sample.atMs / 60_000,
        value: (sample[measure] ?? 0) * factor,
      }));
      return {
        width: 520,
        height: 90,
        data: { values },
        mark: { type: "line", color: COLOR, strokeWidth: 1.5 },
        encoding: {
          x: { field: "minutes", type: "quantitative", title: "minutes" },
          y: { field: "value", type: "quantitative", title, scale: { zero: true } },
        },
      };
    }),
    config: {
      background: "transparent",
      view: { stroke: null },
      axis: { labelColor: INK, titleColor: INK, gridColor: INK, gridOpacity: 0.3 },
      title: { color: INK },
    },
  };
  const { spec: compiled } = vegaLite.compile(spec);
  return new vega.View(vega.parse(compiled), { renderer: "none" }).toSVG();
}
