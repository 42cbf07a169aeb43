// Warnings about mistakes that are no reason to fail.

const printed = new Set<string>();

/** Prints a warning on the console, once in this process. */
function warnOnce(text: string): void {
  if (!printed.has(text)) {
    printed.add(text);
    console.warn(`pay4power-auth: ${text}`);
  }
}

/** Warns of members of `options` that are none of `names`. */
export function warnOfUnknownNames(options: object, names: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) {
      // Another text may be a key that is in the wrong place.
      const shown = /^[a-z]{1,40}$/i.test(name) ? ` \`${name}\`` : "";
      warnOnce(`ignored the unknown option${shown}`);
    }
  }
}

/** Warns of a limit for one attempt that the limit for all attempts makes useless. */
export function warnOfLongTimeout(timeoutMs: number, deadlineMs: number): void {
  if (timeoutMs > deadlineMs) {
    warnOnce(`\`timeoutMs\` (${timeoutMs}) is above \`deadlineMs\` (${deadlineMs}), which applies`);
  }
}
