// Cuts tokens out of what the service says, however the service has escaped them.

/** A shorter one could stand anywhere by chance. The package draws the same line. */
const MIN_LENGTH = 8;
/** How often a text may be escaped, one escape within the other. */
const MAX_LAYERS = 8;
/** How many of a token's characters an escape can have that begins before the token: `\\` and `u0041`. */
const MAX_HEAD = 5;

/** Characters of a token that HTML has names for. */
const NAMED: Readonly<Record<string, string>> = {
  amp: "&",
  dash: "-",
  equals: "=",
  hyphen: "-",
  lowbar: "_",
  period: ".",
  plus: "+",
  percnt: "%",
  bsol: "\\",
  sol: "/",
};

/** Backslashes, all that there are: to begin at each would take the square of their number. */
const RUN = String.raw`(?<!\\)\\+`;

/**
 * One escaped character: as JSON and JavaScript write it, percent-encoded, or as HTML and XML write it. A
 * string within a string has its backslashes doubled. HTML also reads a number, and `&amp`, without its semicolon.
 */
const ESCAPED = new RegExp(
  [
    `${RUN}u00([0-9a-f]{2})`,
    String.raw`${RUN}u\{0*([0-9a-f]{2})\}`,
    `${RUN}x([0-9a-f]{2})`,
    `${RUN}(/)`,
    "%([0-9a-f]{2})",
    "&#x0*([0-9a-f]{2})(?:;|(?![0-9a-f]))",
    String.raw`&#0*(\d{2,3})(?:;|(?!\d))`,
    `&(${Object.keys(NAMED).join("|")})(?:;|(?<=&amp))`,
    String.raw`\0+`, // UTF-16 and UTF-32 have them between the characters
  ].join("|"),
  "gi",
);

/** Returns the bytes without the tokens. Each byte is read as one character, so all other bytes stay unchanged. */
export function withoutTokens(body: Uint8Array, tokens: Iterable<string>): Uint8Array {
  const text = textOf(body);
  const ranges = rangesOf(text, tokens);
  return ranges.length === 0 ? body : bytesOf(cut(text, ranges));
}

export function hasToken(text: string, tokens: Iterable<string>): boolean {
  return rangesOf(text, tokens).length > 0;
}

type Range = readonly [start: number, end: number];

/** Where the tokens are in `text`, as they are and in each layer below. */
function rangesOf(text: string, tokens: Iterable<string>): Range[] {
  const ranges: Range[] = [];
  const long = [...tokens].filter(({ length }) => length >= MIN_LENGTH);
  let layer: Layer | undefined = { text, startOf: (index) => index };
  for (let depth = 0; long.length > 0 && layer !== undefined && depth <= MAX_LAYERS; depth++) {
    for (const token of long) {
      const tail = token.slice(MAX_HEAD);
      let at = layer.text.indexOf(tail);
      while (at >= 0) {
        const start = startBefore(at, token, layer);
        if (start !== undefined) {
          ranges.push([start, layer.startOf(at + tail.length)]);
        }
        at = layer.text.indexOf(tail, at + (start === undefined ? 1 : tail.length));
      }
    }
    layer = below(layer);
  }
  return ranges;
}

/**
 * Where the token starts whose tail is at `at`, if it is one. What stands before a token can make an escape of its
 * first characters: `100%2541aB` is `100%` and `41aB`, and one layer below `100%41aB`, two layers below `100AaB`.
 * So these characters may stand in the layer above instead.
 */
function startBefore(at: number, token: string, { text, startOf, above }: Layer) {
  for (let head = 0; head <= MAX_HEAD; head++) {
    const start = at - MAX_HEAD + head;
    if (start < 0 || !text.startsWith(token.slice(head, MAX_HEAD), start)) {
      continue;
    }
    if (head === 0) {
      return startOf(start);
    }
    const end = above?.indexOf(start) ?? 0;
    if (above?.layer.text.endsWith(token.slice(0, head), end)) {
      return above.layer.startOf(end - head);
    }
  }
  return undefined;
}

/** A text, and where in the first one its characters come from. */
interface Layer {
  readonly text: string;
  startOf(index: number): number;
  /** The text with the escapes, and where in that a character comes from. */
  readonly above?: { readonly layer: Layer; indexOf(index: number): number };
}

/** The text without one layer of escapes, if it has any. */
function below(layer: Layer): Layer | undefined {
  const { text } = layer;
  const parts: string[] = [];
  // Behind each escape: where that is in the unescaped text, and where in the escaped one.
  const unescaped = [0];
  const escaped = [0];
  let length = 0;
  let end = 0;
  for (const match of text.matchAll(ESCAPED)) {
    const character = characterOf(match);
    const before = text.slice(end, match.index);
    parts.push(before, character);
    // The escape itself begins where its character does.
    unescaped.push(length + before.length);
    escaped.push(match.index);
    length += before.length + character.length;
    end = match.index + match[0].length;
    unescaped.push(length);
    escaped.push(end);
  }
  if (end === 0) {
    return undefined;
  }
  parts.push(text.slice(end));
  const indexOf = (index: number) => {
    const last = lastAtMost(unescaped, index);
    return (escaped[last] ?? 0) + index - (unescaped[last] ?? 0);
  };
  return {
    text: parts.join(""),
    startOf: (index) => layer.startOf(indexOf(index)),
    above: { layer, indexOf },
  };
}

function characterOf([whole, ...groups]: RegExpMatchArray): string {
  const [u, braced, x, slash, percent, hex, decimal, name] = groups;
  const code = u ?? braced ?? x ?? percent ?? hex;
  if (code !== undefined) {
    return String.fromCharCode(Number.parseInt(code, 16));
  }
  if (decimal !== undefined) {
    return String.fromCharCode(Number(decimal));
  }
  return slash ?? (name === undefined ? "" : (NAMED[name.toLowerCase()] ?? whole));
}

/** The index of the last of `sorted` that is not above `value`. */
function lastAtMost(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) <= value) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low;
}

function cut(text: string, ranges: readonly Range[]): string {
  const parts: string[] = [];
  let end = 0;
  for (const [from, to] of [...ranges].sort((one, other) => one[0] - other[0])) {
    if (from >= end) {
      parts.push(text.slice(end, from), "[redacted]");
    }
    end = Math.max(end, to);
  }
  return [...parts, text.slice(end)].join("");
}

function textOf(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 8_192) {
    parts.push(String.fromCharCode(...bytes.subarray(at, at + 8_192)));
  }
  return parts.join("");
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
