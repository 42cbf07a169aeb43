// The spellings in which a secret can leave, and that the searcher finds each of them: a search that is blind passes.
import { expect } from "chai";
import type { Case } from "./harness.ts";
import { ANY_TOKEN, found, textOfBytes } from "./search.ts";
import { escaped, expectHidden } from "./shown.ts";

const units = (text: string) => Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
const hexOf = (code: number, digits: number) => code.toString(16).padStart(digits, "0");
const bytesOf = (text: string) => new TextEncoder().encode(text);
const base64 = (text: string) => btoa(textOfBytes(bytesOf(text)));
const utf16 = (text: string) => new Uint8Array(new Uint16Array(units(text)).buffer);

/** How a secret can be spelled, by name. */
export const SPELLINGS: Readonly<Record<string, (secret: string) => string>> = {
  "as it is": (secret) => secret,
  "in JSON": (secret) => JSON.stringify({ secret }),
  "in JSON in JSON": (secret) => JSON.stringify(JSON.stringify({ secret })),
  "in JSON, as other writers escape it": (secret) => secret.replaceAll(/[/+=.]/g, escaped),
  "in JSON, each character escaped": (secret) =>
    units(secret)
      .map((code) => `\\u${hexOf(code, 4)}`)
      .join(""),
  "in JavaScript, each character escaped": (secret) =>
    units(secret)
      .map((code) => `\\u{${hexOf(code, 2)}}`)
      .join(""),
  "percent-encoded": encodeURIComponent,
  "percent-encoded twice": (secret) => encodeURIComponent(encodeURIComponent(secret)),
  "each byte percent-encoded": (secret) =>
    [...bytesOf(secret)].map((byte) => `%${hexOf(byte, 2)}`).join(""),
  "of a form": (secret) => new URLSearchParams({ secret }).toString(),
  "in HTML": (secret) => secret.replaceAll(/\W/g, (character) => `&#${character.charCodeAt(0)};`),
  "base64, first offset": (secret) => base64(secret),
  "base64, second offset": (secret) => base64(`a${secret}`),
  "base64, third offset": (secret) => base64(`ab${secret}`),
  "base64 after letters": (secret) => `abc/${base64(secret)}`,
  "base64 of base64": (secret) => base64(base64(secret)),
  base64url: (secret) =>
    base64(secret).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", ""),
  hexadecimal: (secret) => [...bytesOf(secret)].map((byte) => hexOf(byte, 2)).join(""),
  "hexadecimal, capital letters": (secret) =>
    [...bytesOf(secret)].map((byte) => hexOf(byte, 2).toUpperCase()).join(""),
  "as Node shows bytes": (secret) =>
    `<Buffer ${[...bytesOf(secret)].map((byte) => hexOf(byte, 2)).join(" ")}>`,
  "a list of bytes": (secret) => `[ ${[...bytesOf(secret)].join(", ")} ]`,
  "bytes in JSON": (secret) => JSON.stringify(bytesOf(secret)),
  "UTF-8": (secret) => textOfBytes(bytesOf(secret)),
  "UTF-16": (secret) => textOfBytes(utf16(secret)),
  "UTF-16, the other byte first": (secret) =>
    textOfBytes(utf16(secret)).replaceAll(/(.)(\0)/gs, "$2$1"),
};

/** With every kind of character that a spelling changes. */
const KEY = 'PRIV_KEY_a+b/c"d\\e f%g&h=i-QkZ8xV2n';
const TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJqdGkiOiI3In0.Zm9vYmFy-YmF6_cXV4MTIz";
const UNIQUE = "Zm9vYmFy-YmF6_cXV4MTIz";

const around = (text: string) => `before ${text} after`;

export const spellingCases: Case[] = [
  {
    name: "the searcher finds a secret in each spelling, and no other",
    async run() {
      const other = [`${KEY.slice(0, -1)}m`, "PRIV_KEY_another-key-of-somebody"];
      for (const [name, spell] of Object.entries(SPELLINGS)) {
        for (const secret of [KEY, TOKEN]) {
          expect(found(around(spell(secret)), [secret, ...other]), name).to.deep.equal([secret]);
        }
        expect(found(around(spell(TOKEN)), [ANY_TOKEN]), name).to.have.length(1);
        expect(found(around(spell("no secret at all, and long")), [KEY, ANY_TOKEN])).to.deep.equal(
          [],
        );
      }
      for (const [name, spell] of Object.entries(SPELLINGS)) {
        const key = "PRIV_KEY_ünïcode-0123";
        if (!/UTF-16/.test(name)) {
          expect(found(around(spell(key)), [key]), `${name}, other letters`).to.deep.equal([key]);
        }
      }
    },
  },
  {
    name: "the searcher finds each piece of 12 characters of a secret, in each spelling",
    async run() {
      const marked = { text: TOKEN, unique: UNIQUE };
      for (const [name, spell] of Object.entries(SPELLINGS)) {
        for (let at = 0; at + 12 <= UNIQUE.length; at++) {
          const text = around(spell(UNIQUE.slice(at, at + 12)));
          expect(found(text, [marked]), `${name}, from ${at}`).to.deep.equal([TOKEN]);
        }
      }
      expect(found(around(UNIQUE.slice(1, 12)), [marked])).to.deep.equal([]);
    },
  },
  {
    name: "whatever holds a secret, a look at it finds it",
    async run() {
      const bytes = bytesOf(KEY);
      const holders: Record<string, unknown> = {
        text: KEY,
        member: { a: { b: [KEY] } },
        name: { [KEY]: 1 },
        symbol: { [Symbol(KEY)]: 1 },
        hidden: Object.defineProperty({}, "a", { value: KEY }),
        inherited: Object.create({ a: KEY }) as unknown,
        getter: {
          get a() {
            return KEY;
          },
        },
        error: new Error("a", { cause: new Error("b", { cause: KEY }) }),
        errors: new AggregateError([new Error(KEY)]),
        map: new Map([[{ KEY }, 1]]),
        set: [new Set([KEY])],
        headers: { headers: new Headers({ a: KEY }) },
        form: new URLSearchParams({ a: KEY }),
        bytes: { bytes },
        buffer: [bytes.buffer],
        view: new DataView(bytes.buffer),
        function: Object.assign(() => {}, { a: KEY }),
      };
      for (const [name, holder] of Object.entries(holders)) {
        let isFound = false;
        try {
          expectHidden(holder, KEY);
        } catch {
          isFound = true;
        }
        expect(isFound, name).to.equal(true);
      }
      expectHidden(holders, "PRIV_KEY_another-key-of-somebody");
    },
  },
];
