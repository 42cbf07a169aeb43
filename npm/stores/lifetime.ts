// The lifetime of a stored token.

/** Returns the time until `expiresAtMs` in whole seconds, rounded up. Many stores count a lifetime in seconds. */
export function secondsUntil(expiresAtMs: number): number {
  return Math.ceil((expiresAtMs - Date.now()) / 1_000);
}
