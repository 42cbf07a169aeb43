// The words for the value of a constant.
import type { ConstantValue } from "./constants.ts";

const grouped = (value: number) => value.toLocaleString("en");

/** Returns a duration in its largest whole unit. Minutes begin at two. */
export function duration(ms: number): string {
  if (ms % 60_000 === 0 && ms >= 120_000) {
    return `${ms / 60_000} min`;
  }
  return ms % 1_000 === 0 ? `${ms / 1_000} s` : `${ms} ms`;
}

const member = (value: ConstantValue, name: string): number => {
  const found = typeof value === "number" ? undefined : value[name];
  if (found === undefined) {
    throw new Error(`expected a constant with the member ${name}`);
  }
  return found;
};

export const number = (value: ConstantValue): number => {
  if (typeof value !== "number") {
    throw new Error("expected a constant that is a number");
  }
  return value;
};

/** Returns the words for a constant. */
export type ToText = (value: ConstantValue) => string;

export const time: ToText = (value) => duration(number(value));
export const upTo: ToText = (value) => `at most ${duration(number(value))}`;
export const seconds: ToText = (value) => duration(number(value) * 1_000);
export const size: ToText = (value) =>
  number(value) % 1_048_576 === 0
    ? `${number(value) / 1_048_576} MiB`
    : `${number(value) / 1_024} KiB`;
export const count =
  (unit: string): ToText =>
  (value) =>
    `${grouped(number(value))} ${unit}`;
export const percent = (share: number) => `${Math.round(share * 100)} %`;
export const backoff: ToText = (value) =>
  `${duration(member(value, "base_ms"))}, doubling to ${duration(member(value, "cap_ms"))}`;
export const option =
  (words: (value: number) => string): ToText =>
  (value) =>
    `default ${words(member(value, "default"))}; ${words(member(value, "min"))} to ${words(member(value, "max"))}`;
export const range: ToText = (value) =>
  `no default; ${duration(member(value, "min"))} to ${duration(member(value, "max"))}`;
export const policy =
  (name: string, words: (value: number) => string): ToText =>
  (value) =>
    words(member(value, name));
