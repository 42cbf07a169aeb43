// Undoes the escapes of JSON, JavaScript, HTML, XML and URLs in a text, one layer of escapes at a time.

/** HTML's names for characters that a token or an escape can have. */
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
 * double backslashes. HTML also reads a number, and `&amp`, without the semicolon.
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

/** A text after some layers of escapes are undone. An index into it leads back to the texts that it comes from. */
export interface Layer {
  readonly text: string;
  /** Returns the index in the original text that an index in this text comes from. */
  toOriginal(index: number): number;
  /** The layer before the last escapes were undone; the original text has none. */
  readonly previous?: {
    readonly layer: Layer;
    /** Returns the index in that layer that an index in this text comes from. */
    toPrevious(index: number): number;
  };
}

/** Returns the text with no escapes undone. */
export function originalLayer(text: string): Layer {
  return { text, toOriginal: (index) => index };
}

/** Undoes one layer of escapes. Returns `undefined` if the text has no escape. */
export function unescapeLayer(layer: Layer): Layer | undefined {
  const { text } = layer;
  const parts: string[] = [];
  // The start and the end of each escape: its index in the unescaped text, and in the escaped text.
  const unescaped = [0];
  const escaped = [0];
  let length = 0;
  let end = 0;
  for (const match of text.matchAll(ESCAPE)) {
    const character = characterOf(match);
    const before = text.slice(end, match.index);
    parts.push(before, character);
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
  const toPrevious = (index: number) => {
    const last = lastIndexUpTo(unescaped, index);
    return (escaped[last] ?? 0) + index - (unescaped[last] ?? 0);
  };
  return {
    text: parts.join(""),
    toOriginal: (index) => layer.toOriginal(toPrevious(index)),
    previous: { layer, toPrevious },
  };
}

/** Returns the character that an escape stands for; none for zero bytes. */
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
function lastIndexUpTo(sorted: readonly number[], value: number): number {
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
