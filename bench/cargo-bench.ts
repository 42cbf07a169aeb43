// Runs the benches of the Rust core with cargo.
import { join } from "node:path";
import { runOrThrow } from "../scripts/command.ts";
import { root } from "../scripts/project.mjs";
import type { Spread, Summary } from "./statistics.ts";

const NANOSECONDS: Readonly<Record<string, number>> = { ns: 1, µs: 1e3, ms: 1e6, s: 1e9 };

export function benchCore(isQuick: boolean): Summary {
  const output = runOrThrow("cargo", [
    ...["bench", "--quiet", "--manifest-path", join(root, "bench", "core", "Cargo.toml")],
    ...["--target-dir", join(root, "target", "bench-core")],
    ...["--", "--min-time", isQuick ? "0.2" : "2"],
  ]);
  return readDivan(output);
}

/** Reads the rows of divan's table: name, fastest, slowest, median. */
export function readDivan(output: string): Summary {
  const time = "([\\d.]+) (ns|µs|ms|s)";
  const row = new RegExp(`─ (\\w+) +${time} +│ +${time} +│ +${time} `, "g");
  const rows: Record<string, { ns: Spread }> = {};
  for (const [, name = "", ...numbers] of output.matchAll(row)) {
    const [min, max, median] = [0, 2, 4].map(
      (at) => Number(numbers[at]) * (NANOSECONDS[numbers[at + 1] ?? ""] ?? Number.NaN),
    ) as [number, number, number];
    rows[name.replaceAll("_", " ")] = { ns: { median, min, max } };
  }
  if (Object.keys(rows).length === 0) {
    throw new Error(`cargo bench printed no table:\n${output}`);
  }
  return rows;
}
