// The token endpoint: it exchanges keys for a token.
import { timingSafeEqual } from "node:crypto";
import type { Env, Hono } from "hono";
import { accept, refuse } from "./envelope.ts";
import { TOKEN_PATHS } from "./paths.ts";
import type { SandboxState } from "./sandbox-state.ts";
import { invalidFields, NON_EMPTY_STRING, readFields } from "./validation.ts";

/** The example keys, the only ones that the sandbox accepts. They are visibly fake. */
export const KEYS = {
  publicKey: "PUB_KEY_sandbox-0000000000000000000000000000000000",
  privateKey:
    "PRIV_KEY_sandbox-000000000000000000000000000000000000000000000000000000000000000000000",
} as const;

const RULES = {
  publicKey: NON_EMPTY_STRING,
  privateKey: NON_EMPTY_STRING,
  environment: NON_EMPTY_STRING,
};

export function addTokenEndpoint<E extends Env>(service: Hono<E>, state: SandboxState): void {
  for (const path of TOKEN_PATHS) {
    service.post(path, async (c) => {
      const fields = await readFields(c);
      if (fields === undefined) {
        return refuse(c, 400, "The body must be a JSON object.");
      }
      const details = invalidFields(fields, RULES);
      if (details.length > 0) {
        return refuse(c, 400, "The request is not valid.", details);
      }
      const { publicKey, privateKey, environment } = fields as Record<keyof typeof RULES, string>;
      if (
        !equalInConstantTime(publicKey, KEYS.publicKey) ||
        !equalInConstantTime(privateKey, KEYS.privateKey)
      ) {
        return refuse(c, 401, "Invalid credentials.");
      }
      const claims = { environment, public_key: KEYS.publicKey.replace(/^PUB_KEY_/, "") };
      const issued = await state.tokens.issue(claims, state.nowMs(), state.settings.lifetimeS);
      return accept(c, "Token generated successfully.", { ...issued, tokenType: "Bearer" });
    });
    service.all(path, (c) => refuse(c, 405, "Only POST is allowed here."));
  }
}

function equalInConstantTime(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}
