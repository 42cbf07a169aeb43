// npm run format: formats all Rust, TypeScript and JavaScript, and applies the linter's safe fixes.
import { runOrThrow } from "./command.ts";

runOrThrow("cargo", ["fmt"]);
runOrThrow("biome", ["check", "--write"]);
