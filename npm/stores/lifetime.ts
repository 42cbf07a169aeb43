/** How many whole seconds there are until then, rounded up: what many stores count a lifetime in. */
export function secondsUntil(expiresAtMs: number): number {
  return Math.ceil((expiresAtMs - Date.now()) / 1_000);
}
