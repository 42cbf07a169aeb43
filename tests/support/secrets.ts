// What must not be seen in a store.
import type { Token } from "pay4power-auth";

export const KEYS = { publicKey: "PUB_KEY_sandbox", privateKey: "PRIV_KEY_sandbox" };

/** The keys, the token, its parts and its claims. What is short may be there by chance. */
export function secretsOf(token: Pick<Token, "value" | "claims" | "correlationId">): string[] {
  const { value, claims, correlationId } = token;
  const all = [value, ...value.split("."), correlationId, ...Object.values(claims ?? {})];
  return [...Object.values(KEYS), ...all.map(String), "expiresAt"].filter(
    (secret) => secret.length >= 8,
  );
}
