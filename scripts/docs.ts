// npm run docs: makes the reference of the package's TypeScript and of the crate's Rust, in target/docs. Prints the path
// of its first page.
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command.ts";
import { progress } from "./progress.mjs";
import { root, say } from "./project.mjs";
import {
  RUSTDOC_HOST,
  RUSTDOC_WASM,
  rustdocFolders,
  TYPEDOC,
  typedocFolder,
} from "./reference-steps.ts";
import { installNpmPackages } from "./setup/npm-packages.mjs";

const FIRST_PAGE = `<!doctype html>
<meta charset="utf-8">
<title>pay4power-auth: reference</title>
<ul>
  <li><a href="typescript/index.html">TypeScript: the package</a></li>
  <li><a href="rust/pay4power_auth/index.html">Rust: the core</a></li>
  <li><a href="rust-wasm32/pay4power_auth/wasm/index.html">Rust: the shell, on Wasm only</a></li>
</ul>
`;

await installNpmPackages(typedocFolder);
const docs = join(root, "target", "docs");
rmSync(docs, { recursive: true, force: true });
mkdirSync(docs, { recursive: true });
for (const { name, command, args, env } of [TYPEDOC, RUSTDOC_HOST, RUSTDOC_WASM]) {
  await progress.step(name, 10, async () => {
    const { ok, output } = run(command, args, env ? { env } : {});
    if (!ok) {
      say(output);
      process.exit(1);
    }
  });
}
const { host, wasm32 } = rustdocFolders();
cpSync(host, join(docs, "rust"), { recursive: true });
cpSync(wasm32, join(docs, "rust-wasm32"), { recursive: true });
const firstPage = join(docs, "index.html");
writeFileSync(firstPage, FIRST_PAGE);
console.log(firstPage);
