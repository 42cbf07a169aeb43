// Compiled in a consumer, never run: what works with no types of a platform at all.
import { createClient, isAuthError, type Token, VERSION } from "pay4power-auth";
import { install } from "pay4power-auth/slim";
import { memoryStore } from "pay4power-auth/stores";

const store = memoryStore();
export const client = createClient({
  publicKey: "a",
  privateKey: "b",
  timeoutMs: undefined,
  store,
});
export const hand: (token: Token) => string = ({ expiresAt, authorization }) =>
  `${expiresAt.getTime()} ${authorization} ${VERSION}`;

export async function use(): Promise<number> {
  await install(new Uint8Array(8));
  try {
    hand(await client.getToken());
    return (await client.fetch("/services", {})).status;
  } catch (error) {
    return isAuthError(error) ? (error.retryAfterMs ?? 0) : -1;
  }
}

// @ts-expect-error milliseconds are a number
createClient({ publicKey: "a", privateKey: "b", timeoutMs: "1" });
