// Builds the package from TypeScript that Stryker has instrumented. Stryker runs this in its copy of the repository.
// The Wasm and its glue are those of the last build with the feature `trap`, which can do all that the published core
// can.
import { copyFileSync, cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "../../tests/support/suite.ts";
import { buildBundles } from "../build/bundles.ts";
import { writeDeclarations } from "../build/declarations.ts";
import { fillPackageFolder } from "../build/package-folder.ts";
import { buildPaths } from "../build/paths.ts";
import { runOrThrow } from "../command.ts";
import { makeConsumer } from "../consumer.ts";
import { CASES_PROCESS, consumerFolder, trapBuild } from "./places.ts";

const paths = buildPaths([]);
mkdirSync(paths.work, { recursive: true });
mkdirSync(paths.dist, { recursive: true });
const trap = trapBuild();
copyFileSync(join(trap, "dist", "core.wasm"), join(paths.dist, "core.wasm"));
cpSync(join(trap, "generated"), paths.glue, { recursive: true });
await buildBundles(paths);
writeDeclarations(paths.dist);
fillPackageFolder(paths);
runOrThrow("npm", ["pack", "--pack-destination", paths.work, "--ignore-scripts"], {
  cwd: paths.folder,
});
const folder = makeConsumer(consumerFolder(), paths.tarball);
await bundle(join(import.meta.dirname, "cases-process.ts"), join(folder, CASES_PROCESS));
