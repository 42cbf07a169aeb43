// Warnings about mistakes that are no reason to fail.

const MAX_WARNINGS = 100;
const printed = new Set<string>();

/** Prints a warning on the console, once in this process. Never throws. */
function warnOnce(text: string): void {
  if (printed.has(text) || printed.size >= MAX_WARNINGS) {
    return;
  }
  printed.add(text);
  try {
    console.warn(`pay4power-auth: ${text}`);
  } catch {
    // The console is the caller's.
  }
}

/** Warns of members of `options` that have another name than one of `names`: they are ignored. */
export function warnOfUnknownNames(options: object, names: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) {
      // Another text may be a key that is in the wrong place.
      const shown = /^[a-z]{1,40}$/i.test(name) ? `"${name}"` : "with another name";
      const close = names.find((known) => sameLetters(known) === sameLetters(name));
      warnOnce(`an option ${shown} is ignored${close ? `; did you mean "${close}"?` : ""}`);
    }
  }
}

const sameLetters = (name: string): string => name.replaceAll(/[^a-z]/gi, "").toLowerCase();

/** Warns of a limit for one attempt that the limit for all attempts makes useless. */
export function warnOfLongTimeout(timeoutMs: number, deadlineMs: number): void {
  if (timeoutMs > deadlineMs) {
    warnOnce(`\`timeoutMs\` (${timeoutMs}) is above \`deadlineMs\` (${deadlineMs}), which ends it`);
  }
}
