// Secrets managers for the cases of `credentials`.
import type { Credentials } from "pay4power-auth";
import type { Script, World } from "./harness.ts";
import { clientOf } from "./make.ts";

export const HOUR: Script = { lifetimeS: 3_600 };
export const REJECTED: Script = { status: 401, body: '{"success":false,"statusCode":401}' };

export const OLD: Credentials = {
  publicKey: "PUB_KEY_sandbox_old",
  privateKey: "PRIV_KEY_sandbox_old",
};
export const NEW: Credentials = {
  publicKey: "PUB_KEY_sandbox_new",
  privateKey: "PRIV_KEY_sandbox_new",
};

/** A secrets manager that has these keys in turn, the last ones for ever. */
export function manager(...keys: readonly Credentials[]) {
  let asked = 0;
  return {
    asked: () => asked,
    async credentials(): Promise<Credentials> {
      asked += 1;
      return keys[Math.min(asked, keys.length) - 1] as Credentials;
    },
  };
}

/** A client whose manager has `keys` in turn, and the private keys that its exchanges sent. */
export function rotating(world: World, script: Script, ...keys: readonly Credentials[]) {
  const { asked, credentials } = manager(...keys);
  const sent: string[] = [];
  const made = clientOf(world, script, {
    credentials,
    fetch(url, init) {
      sent.push(JSON.parse(String(init?.body)).privateKey);
      return fetch(url, init);
    },
  });
  return { ...made, sent, managerAsked: asked };
}
