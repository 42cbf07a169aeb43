// What can be wrong with the Worker's environment.

/** Says what is wrong, by name and never by value: everybody who calls is told. */
export class NotSetUp extends Error {}

/** Only whether they are there: what the keys are, nobody but the object looks at. */
export function needs(env: Env, names: readonly (keyof Env)[]): void {
  const missing = names.filter((name) => !env[name]);
  if (missing.length > 0) {
    const are = missing.length === 1 ? "is" : "are";
    const list = missing.map((name) => `\`${name}\``).join(" and ");
    throw new NotSetUp(`${list} ${are} missing in the Worker's environment.`);
  }
}
