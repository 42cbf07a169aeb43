// Makes the app from the environment, once, when the Worker starts. A Worker can't refuse to start: if this
// module threw, Cloudflare would answer every request with its own error page. So the app answers with the mistake.
import { waitUntil } from "cloudflare:workers";
import { isAuthError } from "pay4power-auth";
import { coordinatorClient } from "pay4power-auth/cloudflare";
import type { Allow } from "./caller.ts";
import { EnvironmentError, requireBindings } from "./environment.ts";
import { type App, gateway, misconfigured } from "./gateway.ts";
import { eventLogger } from "./log.ts";
import { fetchUpstream } from "./upstream.ts";

const REQUIRED_BINDINGS = [
  "PAY4POWER_PUBLIC_KEY",
  "PAY4POWER_PRIVATE_KEY",
  "PAY4POWER_BASE_URL",
  "COORDINATOR",
] as const;

export function createApp(env: Env, allow: (env: Env) => Allow | undefined): App {
  try {
    requireBindings(env, REQUIRED_BINDINGS);
    const { COORDINATOR: namespace, PAY4POWER_BASE_URL: baseUrl } = env;
    const onEvent = eventLogger("isolate");
    const client = coordinatorClient(namespace, {
      baseUrl,
      fetch: fetchUpstream,
      onEvent,
      waitUntil,
    });
    return gateway(client, allow(env));
  } catch (error) {
    const mistake = mistakeOf(error);
    console.error(mistake);
    return misconfigured(mistake);
  }
}

/** Returns the mistake by the names of the environment. */
function mistakeOf(error: unknown): string {
  if (error instanceof EnvironmentError) {
    return error.message;
  }
  if (isAuthError(error)) {
    const name = "`PAY4POWER_BASE_URL` of the Worker's environment";
    return error.message.replace("`baseUrl`", name);
  }
  throw error;
}
