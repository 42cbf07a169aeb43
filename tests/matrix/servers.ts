// The portable suite on every Node, on Deno and on Bun.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Report } from "../portable/harness.ts";
import type { Run, Runtime } from "../support/portable.ts";
import { bundle, portable } from "../support/suite.ts";
import { commandOf, consumer, fileOf, named } from "./tools.ts";

type How = "import" | "require" | "slim";

type About = Pick<Runtime, "name" | "missing">;
type Command = readonly [command: string, ...args: string[]];

export const nodes = ["20", "22", "24", "26"].map(
  (version): { readonly about: About; readonly command: Command } => {
    const alias = `node-${version}`;
    const isThis = process.version.startsWith(`v${version}.`);
    return {
      about: isThis ? { name: `Node ${process.version}` } : named(alias),
      command: [isThis ? process.execPath : fileOf(alias, "bin", "node"), "--expose-gc"],
    };
  },
);
// No permission but the network, and nobody who could be asked for more.
const deno: Command = [
  commandOf("deno"),
  "run",
  "--no-prompt",
  "--allow-net=127.0.0.1",
  "--v8-flags=--expose-gc",
];
const bun: Command = [commandOf("bun"), "run"];

export const servers: Runtime[] = [
  ...nodes.flatMap(({ about, command }, index) => [
    ...ways(about, command, "import"),
    // All of it on every other one.
    ...ways(about, command, "require").map((way) => ({ ...way, light: index % 2 === 1 })),
  ]),
  // A 401 fails its fetch when it answers a stream.
  ...ways(named("node-24-15"), [fileOf("node-24-15", "bin", "node"), "--expose-gc"], "import").map(
    (way) => ({ ...way, light: true }),
  ),
  ...ways({ name: `Node ${process.version}` }, [process.execPath, "--expose-gc"], "slim").map(
    (way) => ({ ...way, light: true, traps: true }),
  ),
  ...ways(named("deno"), deno, "import", "slim"),
  ...ways(named("bun"), bun, "import", "require", "slim"),
];

/** One runtime, and each way to load the library in it; the first runs all cases. */
function ways(runtime: About, command: Command, ...hows: readonly How[]): Runtime[] {
  return hows.map((how, index) => {
    const name = `${runtime.name}, ${how}`;
    return { ...runtime, name, light: index > 0, prepare: inProcess(name, command, how) };
  });
}

function inProcess(name: string, [command, ...args]: Command, how: How): Runtime["prepare"] {
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
