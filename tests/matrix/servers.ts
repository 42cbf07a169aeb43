// The portable suite on every Node, on Deno and on Bun.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Report } from "../portable/harness.ts";
import type { Run, Runtime } from "../support/portable.ts";
import { bundle, portable } from "../support/suite.ts";
import { commandOf, consumer, fileOf, named } from "./tools.ts";

type How = "import" | "require" | "slim";

const current = { name: `Node ${process.version}` };
const node = (alias: string) => [fileOf(alias, "bin", "node"), "--expose-gc"];
// No permission but the network, and nobody who could be asked for more.
const deno = [
  commandOf("deno"),
  "run",
  "--no-prompt",
  "--allow-net=127.0.0.1",
  "--v8-flags=--expose-gc",
];
const bun = [commandOf("bun"), "run"];

export const servers: Runtime[] = [
  ...ways(named("node-20"), node("node-20"), "import", "require"),
  ...ways(named("node-22"), node("node-22"), "import"),
  ...ways(current, [process.execPath, "--expose-gc"], "import", "require", "slim"),
  ...ways(named("node-26"), node("node-26"), "import"),
  ...ways(named("deno"), deno, "import", "slim"),
  ...ways(named("bun"), bun, "import", "require", "slim"),
];

/** One runtime, and each way to load the library in it; the first runs all cases. */
function ways(
  runtime: Pick<Runtime, "name" | "missing">,
  command: readonly string[],
  ...hows: readonly How[]
): Runtime[] {
  return hows.map((how, index) => {
    const name = `${runtime.name}, ${how}`;
    return { ...runtime, name, light: index > 0, prepare: inProcess(name, command, how) };
  });
}

function inProcess(
  name: string,
  [command = "", ...args]: readonly string[],
  how: How,
): Runtime["prepare"] {
  return async (tarball, suite) => {
    const folder = consumer(`${name}, ${suite}`, tarball);
    await bundle(join(portable, "process.ts"), join(folder, "suite.mjs"));
    const run: Run["run"] = async (places) => {
      const child = spawn(command, [...args, "suite.mjs", JSON.stringify(places), how], {
        cwd: folder,
        stdio: ["ignore", "pipe", "pipe"],
        timeout: 150_000,
      });
      const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
      if (out === "") {
        throw new Error(`${command} brought nothing back:\n${err}`);
      }
      return JSON.parse(out) as Report;
    };
    return { run };
  };
}
