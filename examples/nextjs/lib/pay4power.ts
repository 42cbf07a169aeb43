// The client of Pay4Power: one for the process, so that all requests share its token.
import { type Client, createClient } from "pay4power-auth";

// Next.js loads this module once for each kind of route. `globalThis` is the same for all of them.
const shared = globalThis as typeof globalThis & { pay4power?: Client };

/** Returns the client. Throws if a key is missing. */
export function pay4power(): Client {
  const { env } = process;
  shared.pay4power ??= createClient({
    publicKey: env.PAY4POWER_PUBLIC_KEY ?? "",
    privateKey: env.PAY4POWER_PRIVATE_KEY ?? "",
    environment: env.PAY4POWER_ENVIRONMENT,
    tokenUrl: env.PAY4POWER_TOKEN_URL,
    baseUrl: env.PAY4POWER_BASE_URL,
    onEvent: ({ type, ...details }) => console.log(JSON.stringify({ event: type, ...details })),
  });
  return shared.pay4power;
}
