// The code blocks of a document.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/project.mjs";

/** Returns the TypeScript and JavaScript of a document. */
function examplesOf(document: string): string[] {
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
