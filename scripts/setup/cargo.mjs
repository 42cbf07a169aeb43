// Runs cargo, and shows how many crates it has compiled. Plain JavaScript without dependencies.
import { progress } from "../progress.mjs";
import { runCommand, SetupError } from "./commands.mjs";

/** Makes cargo report its progress to a pipe as to a terminal. */
const WITH_PROGRESS = { CARGO_TERM_PROGRESS_WHEN: "always", CARGO_TERM_PROGRESS_WIDTH: "80" };

/**
 * Runs cargo as a step of that name. Returns its output. Throws its messages if it fails.
 * @param {string} name
 * @param {number} usualS
 * @param {{ cargo?: string, args: readonly string[], env?: Record<string, string> }} command
 * @returns {Promise<string>}
 */
export function cargoStep(name, usualS, { cargo = "cargo", args, env }) {
  return progress.step(name, usualS, async (report) => {
    const { ok, stdout, stderr } = await runCommand(cargo, args, {
      env: { ...env, ...WITH_PROGRESS },
      onStderr(text) {
        const [, done, all] = [...text.matchAll(/(\d+)\/(\d+)(?=[:,\s]|$)/g)].at(-1) ?? [];
        if (all !== undefined) {
          report(`${done} of ${all} crates`);
        }
      },
    });
    if (!ok) {
      throw new SetupError(
        `"${[cargo, ...args].join(" ")}" failed:\n${withoutProgress(stderr).trim()}`,
      );
    }
    return stdout;
  });
}

/** Removes cargo's bars from its messages: `Building [==>   ] 12/49: serde`. */
function withoutProgress(messages) {
  return messages
    .split(/[\r\n]+/)
    .filter((line) => !/\[[=> ]*\] \d+\/\d+/.test(line))
    .join("\n");
}
