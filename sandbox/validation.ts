// The rules for the fields of a request.
import type { Context } from "hono";
import type { Detail } from "./envelope.ts";

export type Fields = Readonly<Record<string, unknown>>;

export interface Rule {
  /** The end of the message "must be …". */
  readonly expected: string;
  accepts(value: unknown): boolean;
}

export const NON_EMPTY_STRING: Rule = {
  expected: "a string that is not empty",
  accepts: (value) => typeof value === "string" && value !== "",
};

export const POSITIVE_NUMBER: Rule = {
  expected: "a number above 0",
  accepts: (value) => Number.isFinite(value) && (value as number) > 0,
};

export const TRUE: Rule = { expected: "true", accepts: (value) => value === true };

export const STRING: Rule = { expected: "a string", accepts: (value) => typeof value === "string" };

export function wholeNumber(min: number, max: number): Rule {
  return {
    expected: `a whole number from ${min} to ${max}`,
    accepts: (value) =>
      Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max,
  };
}

export function oneOf(choices: readonly string[]): Rule {
  return {
    expected: `one of ${choices.join(", ")}`,
    accepts: (value) => choices.includes(value as string),
  };
}

/** Returns the rule for a field that may be absent. */
export function optional(rule: Rule): Rule {
  return {
    expected: rule.expected,
    accepts: (value) => value === undefined || rule.accepts(value),
  };
}

export function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns the body of the request, or `undefined` if it is not a JSON object. */
export async function readFields(c: Context): Promise<Fields | undefined> {
  const body: unknown = await c.req.json().catch(() => undefined);
  return isObject(body) ? body : undefined;
}

/** Returns a detail for each field that breaks its rule. Fields without a rule may have any value. */
export function invalidFields(fields: Fields, rules: Readonly<Record<string, Rule>>): Detail[] {
  return Object.entries(rules)
    .filter(([field, rule]) => !rule.accepts(fields[field]))
    .map(([field, rule]) => ({ field, message: `must be ${rule.expected}` }));
}

/** Returns a detail for each field that breaks its rule or has no rule. */
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
