// npm run format: what the checks of npm test would otherwise complain about.
import { must } from "./shell.ts";

must("cargo", ["fmt"]);
must("biome", ["check", "--write"]);
