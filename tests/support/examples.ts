// The code blocks of a document.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runOrThrow } from "../../scripts/command.ts";
import { root } from "../../scripts/project.mjs";

/** Returns the TypeScript and JavaScript of a document. */
export function examplesOf(document: string): string[] {
  const text = readFileSync(join(root, document), "utf8");
  const examples = [...text.matchAll(/^```(?:ts|js)\n([\s\S]*?)^```$/gm)].map(
    ([, code = ""]) => code,
  );
  assert.ok(examples.length > 0, document);
  return examples;
}

/** Returns the example of a document that has this text. */
export function exampleWith(document: string, text: string): string {
  const [example, ...others] = examplesOf(document).filter((code) => code.includes(text));
  assert.ok(example !== undefined && others.length === 0, `${document}: ${text}`);
  return example;
}

/** Compiles files against the package's declarations. `folderName` is the name of a folder of their own. */
export function compile(folderName: string, files: Readonly<Record<string, string>>): void {
  const folder = join(root, "target", folderName);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, code] of Object.entries(files)) {
    writeFileSync(join(folder, name), code);
  }
  const config = {
    extends: "../../tsconfig.json",
    include: ["*.ts"],
    compilerOptions: {
      noPropertyAccessFromIndexSignature: false, // a rule of this repository only
      paths: {
        "pay4power-auth": ["../../npm/types/index.d.ts"],
        "pay4power-auth/*": ["../../npm/types/*.d.ts"],
      },
    },
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  runOrThrow("tsc", ["-p", folder]);
}
