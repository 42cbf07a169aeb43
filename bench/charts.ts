// node charts.ts RESULTS.json FOLDER: draws the results as charts.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as vega from "vega";
import * as vegaLite from "vega-lite";
import { OURS } from "./peer-notes.ts";
import { numberText } from "./report.ts";
import type { Result } from "./results.ts";

/** Readable on white and on black. */
const INK = "#808080";
const [OURS_COLOR, OTHERS_COLOR] = ["#2f81f7", "#9a9a9a"];

/** The ratio of the greatest value to the least above which bars would hide the others. */
const MAX_BAR_RATIO = 30;

const [file = "", folder = ""] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
for (const result of JSON.parse(readFileSync(file, "utf8")) as Result[]) {
  if (result.measure.chart) {
    writeFileSync(join(folder, `${result.measure.id}.svg`), await draw(result));
  }
}

/** Draws bars from zero, or dots on a log scale if the greatest value would hide the others. */
function draw({ measure, summary }: Result): Promise<string> {
  const { chart = "", columns, title } = measure;
  const column = columns.find(({ id }) => id === chart);
  const values = Object.entries(summary).flatMap(([name, cells]) => {
    const spread = cells[chart];
    const color = name.includes(OURS) ? OURS_COLOR : OTHERS_COLOR;
    return spread ? [{ name, color, text: numberText(spread.median), ...spread }] : [];
  });
  const sorted = values.toSorted((a, b) => a.median - b.median);
  const [least = 0, greatest = 0] = [sorted.at(0)?.min, sorted.at(-1)?.max];
  const isWide = least > 0 && greatest > MAX_BAR_RATIO * least;
  const axis = `${column?.title}, ${column?.unit}${isWide ? " (log scale)" : ""}`;
  const scale = isWide ? { type: "log" as const } : { zero: true };
  const x = { field: "median", type: "quantitative", title: axis, scale } as const;
  const names = sorted.map(({ name }) => name);
  const y = { field: "name", type: "nominal", sort: names, title: null } as const;
  const spec: vegaLite.TopLevelSpec = {
    title: { text: title, anchor: "start" },
    width: 460,
    height: { step: 22 },
    data: { values },
    encoding: { y },
    layer: [
      {
        mark: isWide ? { type: "point", filled: true, size: 90 } : { type: "bar", height: 14 },
        encoding: { x, color: { field: "color", type: "nominal", scale: null } },
      },
      {
        mark: { type: "rule", color: INK },
        encoding: { x: { field: "min", type: "quantitative" }, x2: { field: "max" } },
      },
      {
        mark: { type: "text", align: "left", dx: 6, color: INK },
        encoding: {
          x: { field: "max", type: "quantitative" },
          text: { field: "text", type: "nominal" },
        },
      },
    ],
    config: {
      background: "transparent",
      view: { stroke: null },
      axis: { labelColor: INK, titleColor: INK, gridColor: INK, gridOpacity: 0.3, labelLimit: 260 },
      axisY: { domain: false, ticks: false },
      title: { color: INK },
    },
  };
  const { spec: compiled } = vegaLite.compile(spec);
  return new vega.View(vega.parse(compiled), { renderer: "none" }).toSVG();
}
