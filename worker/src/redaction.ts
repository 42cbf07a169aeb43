// Redacts tokens in the answers of the service. Finds them escaped too (escapes.ts).
import { type Layer, originalLayer, unescapeLayer } from "./escapes.ts";

/** A shorter token could occur in a text by chance. The package has the same limit. */
const MIN_TOKEN_LENGTH = 8;
/** The most layers of escapes, one within the other, that the search undoes. */
const MAX_LAYERS = 8;
/** The most first characters of a token that an escape before the token can include: `u0041` after a backslash. */
const MAX_HEAD_LENGTH = 5;

type Range = readonly [start: number, end: number];

/** Returns the bytes without the tokens. It reads each byte as one character, so all other bytes stay unchanged. */
export function withoutTokens(body: Uint8Array, tokens: Iterable<string>): Uint8Array {
  const text = textOf(body);
  const ranges = findTokens(text, tokens);
  return ranges.length === 0 ? body : bytesOf(redactRanges(text, ranges));
}

export function hasToken(text: string, tokens: Iterable<string>): boolean {
  return findTokens(text, tokens).length > 0;
}

/** Returns the ranges of the tokens in `text`: of plain tokens, and of tokens within layers of escapes. */
function findTokens(text: string, tokens: Iterable<string>): Range[] {
  const ranges: Range[] = [];
  const searched = [...tokens].filter(({ length }) => length >= MIN_TOKEN_LENGTH);
  let layer: Layer | undefined = originalLayer(text);
  for (let depth = 0; searched.length > 0 && layer !== undefined && depth <= MAX_LAYERS; depth++) {
    for (const token of searched) {
      const tail = token.slice(MAX_HEAD_LENGTH);
      let tailStart = layer.text.indexOf(tail);
      while (tailStart >= 0) {
        const start = startOfToken(token, tailStart, layer);
        if (start !== undefined) {
          ranges.push([start, layer.toOriginal(tailStart + tail.length)]);
        }
        tailStart = layer.text.indexOf(tail, tailStart + (start === undefined ? 1 : tail.length));
      }
    }
    layer = unescapeLayer(layer);
  }
  return ranges;
}

/**
 * Returns the start, in the original text, of the token whose tail begins at `tailStart`, or `undefined` if another
 * text precedes the tail. The text before a token can form an escape with the token's first characters: `100%2541aB` is
 * `100%`, percent-encoded, and the token `41aB`. The next layer is `100%41aB`, the one after it `100AaB`. So the first
 * characters can be in the previous layer instead.
 */
function startOfToken(
  token: string,
  tailStart: number,
  { text, toOriginal, previous }: Layer,
): number | undefined {
  for (let missing = 0; missing <= MAX_HEAD_LENGTH; missing++) {
    const start = tailStart - MAX_HEAD_LENGTH + missing;
    if (start < 0 || !text.startsWith(token.slice(missing, MAX_HEAD_LENGTH), start)) {
      continue;
    }
    if (missing === 0) {
      return toOriginal(start);
    }
    const end = previous?.toPrevious(start) ?? 0;
    if (previous?.layer.text.endsWith(token.slice(0, missing), end)) {
      return previous.layer.toOriginal(end - missing);
    }
  }
  return undefined;
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
