/**
 * Whether `value` is of the platform's class of that name, of whichever realm. Workers with a
 * compatibility date before 2024-09-26 lack the tag (`set_tostring_tag`).
 */
export function isA(value: unknown, name: string): boolean {
  return (
    Object.prototype.toString.call(value) === `[object ${name}]` ||
    (typeof value === "object" && value?.constructor?.name === name)
  );
}

/**
 * Whether this is Cloudflare's Workers, where a promise or a timer belongs to the request that made it. Settled by
 * another request, a promise is dropped if its own request has ended, and workerd prints a warning.
 */
export function isWorkers(): boolean {
  return globalThis.navigator?.userAgent === "Cloudflare-Workers";
}
