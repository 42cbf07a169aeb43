// The client of Pay4Power: one for the process, so that all requests share its token.
import { createClient } from "pay4power-auth";

const env = process.env;

/** Throws at the start if a key is missing. */
export const pay4power = createClient({
  publicKey: env.PAY4POWER_PUBLIC_KEY ?? "",
  privateKey: env.PAY4POWER_PRIVATE_KEY ?? "",
  environment: env.PAY4POWER_ENVIRONMENT,
  tokenUrl: env.PAY4POWER_TOKEN_URL,
  baseUrl: env.PAY4POWER_BASE_URL,
  onEvent: ({ type, ...details }) => console.log(JSON.stringify({ event: type, ...details })),
});
