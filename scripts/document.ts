// npm run document: writes docs/faults.md from the table of faults.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { document } from "../tests/faults/document.ts";
import { root } from "./project.mjs";

writeFileSync(join(root, "docs", "faults.md"), document());
