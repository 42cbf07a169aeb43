// Looks at the environment once, when the Worker starts. A Worker can't refuse to start: one that threw
// here would answer everything with Cloudflare's own error page, so it answers with what is wrong.
import { waitUntil } from "cloudflare:workers";
import { isAuthError } from "pay4power-auth";
import { coordinatorClient } from "pay4power-auth/cloudflare";
import type { Allow } from "./allow.ts";
import { type App, backend, outOfOrder } from "./backend.ts";
import { eventsOf } from "./log.ts";
import { send } from "./service.ts";
import { NotSetUp, needs } from "./set-up.ts";

const NEEDED = [
  "PAY4POWER_PUBLIC_KEY",
  "PAY4POWER_PRIVATE_KEY",
  "PAY4POWER_BASE_URL",
  "COORDINATOR",
] as const;

export function start(env: Env, allow: (env: Env) => Allow | undefined): App {
  try {
    needs(env, NEEDED);
    const { COORDINATOR: namespace, PAY4POWER_BASE_URL: baseUrl } = env;
    const onEvent = eventsOf("isolate");
    const client = coordinatorClient(namespace, { baseUrl, fetch: send, onEvent, waitUntil });
    return backend(client, allow(env));
  } catch (error) {
    const wrong = inItsNames(error);
    console.error(wrong);
    return outOfOrder(wrong);
  }
}

function inItsNames(error: unknown): string {
  if (error instanceof NotSetUp) {
    return error.message;
  }
  if (isAuthError(error)) {
    const name = "`PAY4POWER_BASE_URL` of the Worker's environment";
    return error.message.replace("`baseUrl`", name);
  }
  throw error;
}
