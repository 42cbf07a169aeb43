// All that can be seen of a value, and that no secret is in it.
import { expect } from "chai";

type Inspect = (value: unknown, options: object) => string;

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
          const all = { depth: Infinity, maxStringLength: Infinity, colors: false };
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

/** Collects what an inspector finds that reads all members of a value and of three of its prototypes. */
function walk(value: unknown, parts: string[], seen: Set<unknown>): void {
  if (typeof value === "function" || (typeof value === "object" && value !== null)) {
    if (seen.has(value) || seen.size > 10_000) {
      return;
    }
    seen.add(value);
    let from: object | null = value;
    for (let level = 0; from !== null && level <= 3; level++, from = Object.getPrototypeOf(from)) {
      for (const key of Reflect.ownKeys(from)) {
        parts.push(String(key));
        let member: unknown;
        try {
          member = Reflect.get(from, key, value);
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

export function expectHidden(value: unknown, ...secrets: string[]): string {
  const text = shown(value);
  for (const secret of secrets) {
    expect(text).not.to.include(secret);
    expect(text).not.to.include(JSON.stringify(secret).slice(1, -1));
    expect(text).not.to.include(secret.replaceAll(/[/+=.]/g, escaped));
  }
  return text;
}

/** A character as some writers of JSON escape it: .NET a plus sign, for one. */
export const escaped = (c: string) => (c === "/" ? "\\/" : `\\u00${c.charCodeAt(0).toString(16)}`);
