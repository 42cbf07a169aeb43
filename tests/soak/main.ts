// npm run soak [-- OPTIONS]: runs the packed package for a long time under faults, and checks each call. `--help` lists
// the options.
import { join } from "node:path";
import { build } from "../../scripts/build.ts";
import { root, say } from "../../scripts/project.mjs";
import { installNpmPackages } from "../../scripts/setup/npm-packages.mjs";
import { ArgumentError, FULL_MINUTES, type Options, parse } from "./command-line.ts";

try {
  await run(parse(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof ArgumentError)) {
    throw error;
  }
  say(`${error.message}; --help says more`);
  process.exitCode = 2;
}

async function run({ minutes, calls, runtimes }: Options): Promise<void> {
  await installNpmPackages(join(root, "tests", "matrix"));
  // They import the packages that are installed now.
  const { runSoak } = await import("./run.ts");
  const { saveResult, textOf, writePage } = await import("./report.ts");
  const durationMs = minutes * 60_000;
  const tarball = await build();
  const result = await runSoak({ durationMs, calls, runtimes, tarball, consumer: "soak" });
  console.log(textOf(result));
  saveResult(result);
  if (minutes === FULL_MINUTES && result.subjects.length > 1) {
    await writePage();
  }
  process.exitCode = result.problems.count === 0 ? 0 : 1;
}
