// Makes the app from the environment, once, when the Worker starts. A Worker cannot refuse to start: if this module
// threw, Cloudflare would answer every request with its own error page. So the app answers with the mistake instead.
import { waitUntil } from "cloudflare:workers";
import { isAuthError } from "pay4power-auth";
import { coordinatorClient } from "pay4power-auth/cloudflare";
import type { CallerCheck } from "./caller.ts";
import { EnvironmentError, requireBindings } from "./environment.ts";
import { type App, createGateway, createMisconfiguredApp } from "./gateway.ts";
import { eventLogger } from "./log.ts";
import { fetchService } from "./service-request.ts";

const REQUIRED_BINDINGS = [
  "PAY4POWER_PUBLIC_KEY",
  "PAY4POWER_PRIVATE_KEY",
  "PAY4POWER_BASE_URL",
  "COORDINATOR",
] as const;

export function createApp(env: Env, chooseCallerCheck: (env: Env) => CallerCheck | undefined): App {
  try {
    requireBindings(env, REQUIRED_BINDINGS);
    const { COORDINATOR: namespace, PAY4POWER_BASE_URL: baseUrl } = env;
    const onEvent = eventLogger("isolate");
    const client = coordinatorClient(namespace, {
      baseUrl,
      fetch: fetchService,
      onEvent,
      waitUntil,
    });
    return createGateway(client, chooseCallerCheck(env));
  } catch (error) {
    const mistake = mistakeOf(error);
    console.error(mistake);
    return createMisconfiguredApp(mistake);
  }
}

/** Returns the message of a mistake, with the name that the environment has for the option. Throws any other error. */
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
