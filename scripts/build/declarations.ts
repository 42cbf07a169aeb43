// Writes the package's type declarations, for ES modules and for CommonJS.
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { npm } from "./paths.ts";

export function writeDeclarations(dist: string): void {
  const types = join(npm, "types");
  for (const file of globSync("*.d.ts", { cwd: types })) {
    const text = readFileSync(join(types, file), "utf8");
    writeFileSync(join(dist, file), text);
    if (file !== "core.wasm.d.ts") {
      const twin = file.replace(/\.d\.ts$/, ".d.cts");
      writeFileSync(join(dist, twin), text.replaceAll(/(?<="\.\/\w+\.)js"/g, 'cjs"'));
    }
  }
}
