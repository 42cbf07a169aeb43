// Finds private keys and tokens in what a program prints and in files, by the searcher of the portable suites.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { KEYS } from "../../sandbox/service.ts";
import { ANY_TOKEN, found, type Secret } from "../portable/search.ts";

/** The sandbox's private key and any token. */
export const SANDBOX_SECRETS: readonly Secret[] = [KEYS.privateKey, ANY_TOKEN];

/** Fails if a text holds one of the secrets, in any spelling. */
export function assertNoSecret(
  text: string,
  secrets: readonly Secret[] = SANDBOX_SECRETS,
  where = "",
): void {
  assert.deepEqual(found(text, secrets), [], `${where} shows a secret`);
}

/** Says whether a text holds the sandbox's private key, any token, or one of `more`. */
export const leaks = (text: string, ...more: Secret[]): boolean =>
  found(text, [...SANDBOX_SECRETS, ...more]).length > 0;

/** Returns the files in `folder` that hold the sandbox's private key or a token, except installed packages. */
export function filesWithLeaks(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== "node_modules")
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        return filesWithLeaks(path);
      }
      return entry.isFile() && leaks(readFileSync(path, "latin1")) ? [path] : [];
    });
}
