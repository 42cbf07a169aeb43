// Writes the package's type declarations, for ES modules and for CommonJS.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { npm } from "./paths.ts";

/** The declarations in npm/, and their names in the package. */
const DECLARATIONS = {
  "public.d.ts": "index",
  "public-platform.d.ts": "platform",
  "public-core.wasm.d.ts": "core.wasm",
  "public-slim.d.ts": "slim",
  "public-stores.d.ts": "stores",
  "public-cloudflare.d.ts": "cloudflare",
};

export function writeDeclarations(dist: string): void {
  for (const [source, name] of Object.entries(DECLARATIONS)) {
    const text = readFileSync(join(npm, source), "utf8")
      .replaceAll('"./public.js"', '"./index.js"')
      .replaceAll('"./public-', '"./');
    writeFileSync(join(dist, `${name}.d.ts`), text);
    if (!name.endsWith(".wasm")) {
      writeFileSync(join(dist, `${name}.d.cts`), text.replaceAll(/(?<="\.\/\w+\.)js"/g, 'cjs"'));
    }
  }
}
