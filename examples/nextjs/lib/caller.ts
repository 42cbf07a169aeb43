// Your own check of the caller. Here the caller has a token, which you set as the variable `CALLER_TOKEN`.
import { createHash, timingSafeEqual } from "node:crypto";

export function isAllowed(request: Request): boolean {
  const { CALLER_TOKEN = "" } = process.env;
  const given = request.headers.get("Authorization") ?? "";
  return CALLER_TOKEN !== "" && timingSafeEqual(digest(given), digest(`Bearer ${CALLER_TOKEN}`));
}

/** Texts of any length have digests of one length, which `timingSafeEqual` needs. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
