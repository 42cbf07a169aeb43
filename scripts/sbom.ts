// npm run sbom: prints the bill of materials of the package.

import { SBOM } from "./build/sbom.ts";
import { build } from "./build.ts";
import { runOrThrow } from "./command.ts";

process.stdout.write(runOrThrow("tar", ["-xOzf", await build(), `package/${SBOM}`]));
