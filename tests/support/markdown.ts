// Reads the documents of the repository and the comments in npm/types: their code blocks, links and headings.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { marked, type Token, type Tokens } from "marked";
import { root } from "../../scripts/project.mjs";

export interface CodeBlock {
  /** The path of the document in the repository. */
  readonly file: string;
  /** The word behind the fence; "" without one. */
  readonly language: string;
  readonly code: string;
}

/** What git does not track. */
const FOREIGN = ["node_modules", "target", "dist", ".tools", ".git"];

/** Returns the paths of all documents of the repository. */
export function documents(): string[] {
  return globSync("**/*.md", {
    cwd: root,
    exclude: (path) => FOREIGN.includes(path.split("/").at(-1) ?? ""),
  }).sort();
}

/** Returns all code blocks of the documents and of the comments in npm/types. */
export function codeBlocks(): CodeBlock[] {
  const types = globSync("npm/types/*.d.ts", { cwd: root }).sort();
  const read = (file: string) => readFileSync(join(root, file), "utf8");
  return [
    ...documents().flatMap((file) => blocksIn(file, read(file))),
    ...types.flatMap((file) => commentsIn(read(file)).flatMap((text) => blocksIn(file, text))),
  ];
}

/** Returns the code blocks of a Markdown text, also those in lists and quotes. */
export function blocksIn(file: string, markdown: string): CodeBlock[] {
  return tokensIn(markdown)
    .filter((token): token is Tokens.Code => token.type === "code")
    .map(({ lang, text }) => ({ file, language: lang ?? "", code: `${text}\n` }));
}

/** Returns the ids that GitHub gives to the headings of a Markdown text. */
export function anchorsIn(markdown: string): string[] {
  const headings = tokensIn(markdown).filter(
    (token): token is Tokens.Heading => token.type === "heading",
  );
  return headings.map(({ text }) =>
    text
      .toLowerCase()
      .replaceAll(/\]\([^)]*\)/g, "")
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** Returns the targets of the links and images in a Markdown text. */
export function linksIn(markdown: string): string[] {
  return tokensIn(markdown).flatMap((token) =>
    token.type === "link" || token.type === "image" ? [String(token["href"])] : [],
  );
}

function tokensIn(markdown: string): Token[] {
  const tokens: Token[] = [];
  marked.walkTokens(marked.lexer(markdown), (token) => {
    tokens.push(token);
  });
  return tokens;
}

/** Returns the texts of the doc comments, without their asterisks. */
function commentsIn(source: string): string[] {
  return [...source.matchAll(/\/\*\*([\s\S]*?)\*\//g)].map(([, text = ""]) =>
    text.replaceAll(/^[ \t]*\* ?/gm, ""),
  );
}

/** Returns the name of a block for messages: its document and its first line. */
export function nameOf({ file, code }: CodeBlock): string {
  return `${file}: ${code.trimStart().split("\n")[0]}`;
}
