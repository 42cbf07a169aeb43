// All that can be seen of a value, and that no secret is in it.
import { expect } from "chai";
import { found, type Secret, textOfBytes } from "./search.ts";

type Inspect = (value: unknown, options: object) => string;

/** No inspector leaves anything out. */
const UNLIMITED = {
  maxStringLength: Infinity,
  maxArrayLength: Infinity,
  iterableLimit: Infinity,
  strAbbreviateSize: Infinity,
};

/** The inspectors of the runtime, those of Node, Deno and Bun. */
export function inspectors(): Inspect[] {
  const { process, Deno, Bun, EdgeRuntime } = globalThis as {
    process?: { getBuiltinModule?(name: string): { inspect: Inspect } };
    Deno?: { inspect: Inspect };
    Bun?: { inspect: Inspect };
    EdgeRuntime?: string;
  };
  // Next.js's edge runtime has that function, and throws.
  const util = EdgeRuntime === undefined ? process?.getBuiltinModule?.("node:util") : undefined;
  return [util?.inspect, Deno?.inspect, Bun?.inspect].filter((inspect) => inspect !== undefined);
}

/** All that somebody can see of a value who prints, serialises or inspects it. */
export function shown(value: unknown): string {
  const parts: string[] = [String(value), JSON.stringify(value) ?? ""];
  for (const inspect of inspectors()) {
    for (const showHidden of [false, true]) {
      for (const getters of [false, true]) {
        for (const customInspect of [false, true]) {
          const all = { depth: Infinity, ...UNLIMITED, colors: false };
          parts.push(inspect(value, { ...all, showHidden, getters, customInspect }));
          parts.push(
            inspect(value, { ...all, showHidden, getters, customInspect, showProxy: true }),
          );
        }
      }
    }
  }
  walk(value, parts, new Set());
  return parts.join("\n");
}

/** What holds values that are no members of it. */
const LISTS = [Map, Set, Headers, URLSearchParams, FormData];

/** Collects what an inspector finds that reads all members of a value and of three of its prototypes. */
function walk(value: unknown, parts: string[], seen: Set<unknown>): void {
  if (typeof value === "function" || (typeof value === "object" && value !== null)) {
    if (seen.has(value) || seen.size > 10_000) {
      return;
    }
    seen.add(value);
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
      parts.push(textOfBytes(value));
      return;
    }
    if (LISTS.some((List) => value instanceof List)) {
      walk([...(value as Iterable<unknown>)], parts, seen);
    }
    let from: object | null = value;
    for (let level = 0; from !== null && level <= 3; level++, from = Object.getPrototypeOf(from)) {
      for (const key of Reflect.ownKeys(from)) {
        parts.push(String(key));
        let member: unknown;
        try {
          member = Reflect.get(from, key, value);
          if (Object.prototype.toString.call(member) === "[object Promise]") {
            (member as Promise<unknown>).catch(() => {}); // a getter that wants another object, too
          }
        } catch {
          continue; // a getter that wants another object
        }
        if (typeof member !== "function" || from === value) {
          walk(member, parts, seen);
        }
      }
    }
  } else {
    parts.push(String(value));
  }
}

/** Fails if anything that can be seen of a value holds one of the secrets, in any spelling. */
export function expectHidden(value: unknown, ...secrets: Secret[]): string {
  const text = shown(value);
  expect(found(text, secrets), text.slice(0, 2_000)).to.deep.equal([]);
  return text;
}

/** What a program may make of a value before it shows it. */
export function copiesOf(value: object): unknown[] {
  const copies: unknown[] = [
    new Map([[value, value]]),
    { ...value },
    Object.entries(value),
    Object.getOwnPropertyDescriptors(value),
    new Error("of the caller's own", { cause: value }),
    JSON.parse(JSON.stringify([value])),
  ];
  try {
    copies.push(structuredClone(value));
  } catch {
    // A promise, or an object with a function.
  }
  return copies;
}

/** What looks like a value and lacks its private fields. Not everything can show it. */
const impostorsOf = (value: object): unknown[] => [
  Object.create(value),
  Object.assign(Object.create(Object.getPrototypeOf(value)), value),
  new Proxy(value, {}),
];

/** All that can be seen of a value, of its copies and of its impostors. */
export function shownEverywhere(value: object): string {
  const parts = [shown(value), shown(copiesOf(value))];
  for (const impostor of impostorsOf(value)) {
    try {
      parts.push(shown(impostor));
    } catch (thrown) {
      if (!(thrown instanceof TypeError)) {
        throw thrown;
      }
    }
  }
  return parts.join("\n");
}

/** Looks at a value and its copies, as programs and inspectors do. */
export function expectNowhere(value: object, ...secrets: Secret[]): void {
  const text = shownEverywhere(value);
  expect(found(text, secrets), text.slice(0, 2_000)).to.deep.equal([]);
}

/** A character as some writers of JSON escape it: .NET a plus sign, for one. */
export const escaped = (c: string) => (c === "/" ? "\\/" : `\\u00${c.charCodeAt(0).toString(16)}`);
