// The one searcher of all tests: it finds secrets in a text, however they are spelled there.

/** A secret. `unique` is the part of it that no other text has: each piece of 12 characters of that part counts. */
export interface Marked {
  readonly text: string;
  readonly unique: string;
}

/** What a text must not have. A pattern stands for secrets that the test does not know. */
export type Secret = string | RegExp | Marked;

/** A token as the service and the sandbox make them, or its beginning. */
export const ANY_TOKEN = /eyJ[\w-]*\.eyJ/;

const PIECE_CHARACTERS = 12;
/** How often a text is decoded: a token in base64 can be in a header that is in base64. */
const MAX_LAYERS = 2;

/** Returns those of the secrets that a text has, in any spelling. */
export function found(text: string, secrets: readonly Secret[]): string[] {
  const readings = [...readingsOf(text, MAX_LAYERS)].join("\n");
  return secrets
    .filter((secret) =>
      secret instanceof RegExp
        ? secret.test(readings)
        : needlesOf(secret).some((needle) => readings.includes(needle)),
    )
    .map((secret) => (typeof secret === "object" && "text" in secret ? secret.text : `${secret}`));
}

/** Returns bytes as the text that {@link found} searches: one character for each. */
export function textOfBytes(bytes: ArrayBufferLike | ArrayBufferView): string {
  const { buffer, byteOffset, byteLength } = ArrayBuffer.isView(bytes)
    ? bytes
    : new Uint8Array(bytes);
  const all = new Uint8Array(buffer, byteOffset, byteLength);
  let text = "";
  for (let at = 0; at < all.length; at += 8_192) {
    text += String.fromCharCode(...all.subarray(at, at + 8_192));
  }
  return text;
}

function needlesOf(secret: string | Marked): string[] {
  const { text, unique } = typeof secret === "string" ? { text: secret, unique: "" } : secret;
  const pieces = Array.from(
    { length: Math.max(0, unique.length - PIECE_CHARACTERS + 1) },
    (_, at) => unique.slice(at, at + PIECE_CHARACTERS),
  );
  const utf8 = textOfBytes(new TextEncoder().encode(text));
  const spelled = [text, utf8, unescaped(text), unescaped(utf8)];
  const inForms = spelled.map((it) => it.replaceAll(" ", "+"));
  return [...new Set([...spelled, ...inForms, ...pieces])];
}

/** All that a reader can make of a text. */
function readingsOf(text: string, layers: number, readings = new Set<string>()): Set<string> {
  for (const reading of new Set([text, unescaped(text)])) {
    if (readings.has(reading)) {
      continue;
    }
    readings.add(reading);
    readings.add(reading.replaceAll("\0", "")); // UTF-16
    if (layers > 0) {
      for (const decoded of decodings(reading)) {
        readingsOf(decoded, layers - 1, readings);
      }
    }
  }
  return readings;
}

/** Returns what the parts of a text hold that are in base64, in hexadecimal, or a list of the numbers of bytes. */
function decodings(text: string): string[] {
  const base64 = text.match(/[\w+/-]{11,}/g) ?? [];
  const hex = (text.match(/(?:[\da-f]{2}[\s:,]?){8,}/gi) ?? []).map((run) =>
    run.replaceAll(/[^\da-f]/gi, ""),
  );
  // JSON writes bytes as an object with their indices.
  const numbers = text.replaceAll(/"\d+":/g, "").match(/(?:\b\d{1,3}\b[,\s]*){8,}/g) ?? [];
  return [
    // What stands before the beginning of the encoded text may be letters too.
    ...[0, 1, 2, 3].map((skipped) => base64.map((run) => ofBase64(run.slice(skipped))).join("\n")),
    ...[0, 1].map((skipped) => hex.map((run) => ofHex(run.slice(skipped))).join("\n")),
    numbers.map((run) => String.fromCharCode(...(run.match(/\d+/g) ?? []).map(Number))).join("\n"),
  ].filter((decoded) => decoded.trim() !== "");
}

function ofBase64(run: string): string {
  const standard = run.replaceAll("-", "+").replaceAll("_", "/");
  return atob(standard.length % 4 === 1 ? standard.slice(0, -1) : standard);
}

const ofHex = (run: string): string =>
  (run.match(/../g) ?? []).map((byte) => String.fromCharCode(Number.parseInt(byte, 16))).join("");

const ESCAPE =
  /\\u([\da-f]{4})|\\u\{([\da-f]{1,6})\}|\\x([\da-f]{2})|%([\da-f]{2})|&#x([\da-f]{1,6});?|&#(\d{1,7});?|&(amp|sol|plus|equals|quot|apos);?/gi;
const ENTITIES: Record<string, string> = {
  amp: "&",
  sol: "/",
  plus: "+",
  equals: "=",
  quot: '"',
  apos: "'",
};

/** Returns the text without the escapes of JSON, JavaScript, addresses and HTML, up to eight of them in each other. */
function unescaped(text: string): string {
  let plain = text;
  for (let times = 0; times < 8; times++) {
    const before = plain;
    // One backslash is as good as many here: in the end all are left out.
    plain = before.replaceAll(/\\{2,}/g, "\\").replaceAll(ESCAPE, characterOf);
    if (plain === before) {
      break;
    }
  }
  return plain.replaceAll("\\", "");
}

/** Returns the character that an escape stands for. */
function characterOf(all: string, ...groups: (string | undefined)[]): string {
  const [unit, point, byte, percent, hex, decimal, entity] = groups;
  if (entity !== undefined) {
    return ENTITIES[entity.toLowerCase()] ?? all;
  }
  const digits = unit ?? point ?? byte ?? percent ?? hex;
  const code = digits === undefined ? Number(decimal) : Number.parseInt(digits, 16);
  return code > 0x10_ffff ? all : String.fromCodePoint(code);
}
