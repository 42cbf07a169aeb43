// npm run format: formats all Rust, TypeScript and JavaScript, and applies the linter's safe fixes.
import { runOrThrow } from "./command.ts";

runOrThrow("cargo", ["fmt"]);
runOrThrow("cargo", ["fmt", "--manifest-path", "scripts/wasm-bindgen/Cargo.toml"]);
runOrThrow("cargo", ["fmt", "--all", "--manifest-path", "fuzz/Cargo.toml"]);
runOrThrow("biome", ["check", "--write"]);
