// The rules for the fields of a request.
import type { Context } from "hono";
import type { Detail } from "./envelope.ts";

export type Fields = Readonly<Record<string, unknown>>;

export interface Rule {
  /** Completes "must be …". */
  readonly what: string;
  holds(value: unknown): boolean;
}

export const TEXT: Rule = {
  what: "a string that is not empty",
  holds: (value) => typeof value === "string" && value !== "",
};

export const POSITIVE: Rule = {
  what: "a number above 0",
  holds: (value) => Number.isFinite(value) && (value as number) > 0,
};

export const TRUE: Rule = { what: "true", holds: (value) => value === true };

export const STRING: Rule = { what: "a string", holds: (value) => typeof value === "string" };

export function whole(min: number, max: number): Rule {
  return {
    what: `a whole number from ${min} to ${max}`,
    holds: (value) =>
      Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max,
  };
}

export function oneOf(choices: readonly string[]): Rule {
  return {
    what: `one of ${choices.join(", ")}`,
    holds: (value) => choices.includes(value as string),
  };
}

/** Returns the rule for a field that may be absent. */
export function optional(rule: Rule): Rule {
  return { what: rule.what, holds: (value) => value === undefined || rule.holds(value) };
}

export function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns the body of the request, or `undefined` if it is no JSON object. */
export async function readFields(c: Context): Promise<Fields | undefined> {
  const body: unknown = await c.req.json().catch(() => undefined);
  return isObject(body) ? body : undefined;
}

/** Returns a detail for each field that breaks its rule. Fields without a rule may have any value. */
export function invalidFields(fields: Fields, rules: Readonly<Record<string, Rule>>): Detail[] {
  return Object.entries(rules)
    .filter(([field, rule]) => !rule.holds(fields[field]))
    .map(([field, rule]) => ({ field, message: `must be ${rule.what}` }));
}

/** Returns a detail for each field that breaks its rule or has none. */
export function invalidOrUnknownFields(
  fields: Fields,
  rules: Readonly<Record<string, Rule>>,
): Detail[] {
  const unknown = Object.keys(fields).filter((field) => !Object.hasOwn(rules, field));
  return [
    ...unknown.map((field) => ({ field, message: "is not known" })),
    ...invalidFields(fields, rules),
  ];
}
