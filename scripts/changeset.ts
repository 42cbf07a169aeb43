// npm run changeset: asks for the kind and the words of a change, and writes them to .changeset/.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { bin, root } from "./project.mjs";

const { status } = spawnSync(join(bin, "changeset"), ["add"], { cwd: root, stdio: "inherit" });
process.exitCode = status ?? 1;
