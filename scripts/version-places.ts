// The places that repeat the version of package.json.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Each file with a pattern. The pattern finds the version behind the text that says what it is the version of. */
const PLACES: readonly (readonly [file: string, version: RegExp])[] = [
  ["package-lock.json", /(?<=^ {2}"version": ")[^"]+/gm],
  ["package-lock.json", /(?<=^ {4}"": \{\n {6}"name": "pay4power-auth",\n {6}"version": ")[^"]+/gm],
  ["worker/package-lock.json", /(?<="name": "pay4power-auth",\n {6}"version": ")[^"]+/g],
  ["Cargo.toml", /(?<=^name = "pay4power-auth"\nversion = ")[^"]+/gm],
  ["Cargo.lock", /(?<=^name = "pay4power-auth"\nversion = ")[^"]+/gm],
  ["bench/core/Cargo.lock", /(?<=^name = "pay4power-auth"\nversion = ")[^"]+/gm],
  ["fuzz/Cargo.lock", /(?<=^name = "pay4power-auth"\nversion = ")[^"]+/gm],
  ["worker/README.md", /(?<=npm install pay4power-auth@\^)\S+/g],
  ...["cloudflare-worker", "nextjs", "node-hono"].map((example): [string, RegExp] => [
    `examples/${example}/package.json`,
    /(?<="pay4power-auth": "\^)[^"]+/g,
  ]),
];

/** Returns the versions that the files in a folder name, each with its file. */
export function versionsIn(folder: string): (readonly [file: string, version: string])[] {
  return PLACES.map(([file, pattern]) => {
    const found = readFileSync(join(folder, file), "utf8").match(pattern) ?? [];
    if (found.length !== 1) {
      throw new Error(`${file}: expected one version at ${pattern}, found ${found.length}`);
    }
    return [file, found[0] ?? ""];
  });
}

/** Writes the version into all places. */
export function setVersion(folder: string, version: string): void {
  versionsIn(folder); // throws if a place is missing, before anything is written
  for (const [file, pattern] of PLACES) {
    const path = join(folder, file);
    writeFileSync(path, readFileSync(path, "utf8").replace(pattern, version));
  }
}
