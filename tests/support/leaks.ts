// Finds private keys and tokens in texts and files, also in base64.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { KEYS } from "../../sandbox/service.ts";

/** A token, as the service and the sandbox make them. */
export const TOKEN = /eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}/;
/** A text in base64, long enough for a token. */
const BASE64 = /[A-Za-z0-9+/]{100,}={0,2}/g;

/** Says whether a text holds the sandbox's private key or any token. */
export function leaks(text: string): boolean {
  const decoded = (text.match(BASE64) ?? []).map((part) => Buffer.from(part, "base64").toString());
  return [text, ...decoded].some((part) => part.includes(KEYS.privateKey) || TOKEN.test(part));
}

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
