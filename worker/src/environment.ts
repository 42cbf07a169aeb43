// Checks the Worker's environment: its variables, secrets and bindings.

/** A mistake in the environment. Every caller sees the message, so it has names and no values. */
export class EnvironmentError extends Error {}

/** Throws if a binding is missing. Checks only that the keys are set: only the Durable Object uses them. */
export function requireBindings(env: Env, names: readonly (keyof Env)[]): void {
  const missing = names.filter((name) => !env[name]);
  if (missing.length > 0) {
    const are = missing.length === 1 ? "is" : "are";
    const list = missing.map((name) => `\`${name}\``).join(" and ");
    throw new EnvironmentError(`${list} ${are} missing in the Worker's environment.`);
  }
}
