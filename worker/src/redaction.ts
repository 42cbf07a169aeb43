// Redacts tokens in the answers of the service, with the escapes of JSON, JavaScript, HTML, XML and URLs.

/** A shorter token could occur in a text by chance. The package has the same limit. */
const MIN_TOKEN_LENGTH = 8;
/** The most escapes, one within the other, that are undone. */
const MAX_LAYERS = 8;
/** The most characters of a token that can be part of an escape that begins before the token: `\\` and `u0041`. */
const MAX_HEAD = 5;

/** The names that HTML has for characters of a token. */
const HTML_ENTITIES: Readonly<Record<string, string>> = {
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

/** A whole run of backslashes. A match that could begin at each of them would take quadratic time. */
const BACKSLASHES = String.raw`(?<!\\)\\+`;

/**
 * One escaped character: of JSON and JavaScript, percent-encoded, or of HTML and XML. A string within a string has
 * double backslashes. HTML reads a number, and `&amp`, without the semicolon, too.
 */
const ESCAPE = new RegExp(
  [
    `${BACKSLASHES}u00([0-9a-f]{2})`,
    String.raw`${BACKSLASHES}u\{0*([0-9a-f]{2})\}`,
    `${BACKSLASHES}x([0-9a-f]{2})`,
    `${BACKSLASHES}(/)`,
    "%([0-9a-f]{2})",
    "&#x0*([0-9a-f]{2})(?:;|(?![0-9a-f]))",
    String.raw`&#0*(\d{2,3})(?:;|(?!\d))`,
    `&(${Object.keys(HTML_ENTITIES).join("|")})(?:;|(?<=&amp))`,
    String.raw`\0+`, // UTF-16 and UTF-32 have zero bytes between the characters
  ].join("|"),
  "gi",
);

/** Returns the bytes without the tokens. It reads each byte as one character, so all other bytes stay unchanged. */
export function withoutTokens(body: Uint8Array, tokens: Iterable<string>): Uint8Array {
  const text = textOf(body);
  const ranges = rangesOf(text, tokens);
  return ranges.length === 0 ? body : bytesOf(redactRanges(text, ranges));
}

export function hasToken(text: string, tokens: Iterable<string>): boolean {
  return rangesOf(text, tokens).length > 0;
}

type Range = readonly [start: number, end: number];

/** Returns the places of the tokens in `text`, unescaped and in each layer of escapes. */
function rangesOf(text: string, tokens: Iterable<string>): Range[] {
  const ranges: Range[] = [];
  const long = [...tokens].filter(({ length }) => length >= MIN_TOKEN_LENGTH);
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
    layer = unescapeLayer(layer);
  }
  return ranges;
}

/**
 * Returns the start of the token that has its tail at `at`, or `undefined` if there is no token. The text before a
 * token can form an escape with the token's first characters: `100%2541aB` is `100%` and the token `41aB`. One layer
 * below it is `100%41aB`, and two layers below `100AaB`. So the first characters may be in the layer above instead.
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

/** The text after some layers of escapes are undone. */
interface Layer {
  readonly text: string;
  /** Returns the place in the first text that a character comes from. */
  startOf(index: number): number;
  /** The layer before the last escapes were undone, and the place there that a character comes from. */
  readonly above?: { readonly layer: Layer; indexOf(index: number): number };
}

/** Undoes one layer of escapes. Returns `undefined` if there is none. */
function unescapeLayer(layer: Layer): Layer | undefined {
  const { text } = layer;
  const parts: string[] = [];
  // For the start and the end of each escape: its place in the unescaped text, and in the escaped text.
  const unescaped = [0];
  const escaped = [0];
  let length = 0;
  let end = 0;
  for (const match of text.matchAll(ESCAPE)) {
    const character = characterOf(match);
    const before = text.slice(end, match.index);
    parts.push(before, character);
    // An escape begins at the place of its character.
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
  return slash ?? (name === undefined ? "" : (HTML_ENTITIES[name.toLowerCase()] ?? whole));
}

/** Returns the index of the last number in `sorted` that is not above `value`. */
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

function redactRanges(text: string, ranges: readonly Range[]): string {
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
