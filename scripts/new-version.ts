// npm run new-version: makes a version of the changes in .changeset/. changesets raises the version of package.json and
// writes CHANGELOG.md. This script then writes the version wherever it is repeated.
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runOrThrow } from "./command.ts";
import { root, say } from "./project.mjs";
import { setVersion } from "./version-places.ts";

/** The headings of changesets, and what users read instead. */
const HEADINGS: Readonly<Record<string, string>> = {
  "### Major Changes": "### You must act",
  "### Minor Changes": "### New",
  "### Patch Changes": "### Fixed",
};

/** Makes a new version in a folder. Returns it, or `undefined` if no change waits for one. `day` is its date. */
export function makeVersion(folder: string, day: string): string | undefined {
  if (globSync(".changeset/*.md", { cwd: folder }).length === 0) {
    return undefined;
  }
  runOrThrow("changeset", ["version"], { cwd: folder });
  const read = (file: string) => readFileSync(join(folder, file), "utf8");
  const { version } = JSON.parse(read("package.json")) as { version: string };
  setVersion(folder, version);
  const changelog = inWordsForUsers(read("CHANGELOG.md"), version, day);
  writeFileSync(join(folder, "CHANGELOG.md"), changelog);
  return version;
}

/** Returns CHANGELOG.md with a date for the version, and with headings for users. */
function inWordsForUsers(text: string, version: string, day: string): string {
  return text
    .replace(`## ${version}\n`, `## ${version} (${day})\n`)
    .replaceAll(/^### \w+ Changes$/gm, (heading) => HEADINGS[heading] ?? heading)
    .replaceAll(/^ +$/gm, "");
}

if (import.meta.main) {
  const version = makeVersion(root, new Date().toISOString().slice(0, 10));
  if (version === undefined) {
    say("no change waits for a version: npm run changeset adds one");
    process.exit(1);
  }
  console.log(version);
}
