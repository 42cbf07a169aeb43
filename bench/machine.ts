// Describes the machine and the versions of a run, for the report.
import { readFileSync } from "node:fs";
import { arch, cpus, release, type } from "node:os";
import { join } from "node:path";
import { root } from "../scripts/project.mjs";
import type { Machine } from "./report.ts";

export function thisMachine(): Machine {
  const [cpu] = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.versions.node,
    cpu: `${cpus().length} × ${cpu?.model.trim() ?? "an unknown CPU"}`,
    system: `${type()} ${release()} ${arch()}`,
    versions: versions(),
  };
}

/** Returns the version of each package. All are pinned. */
function versions(): Record<string, string> {
  const project = manifest("package.json");
  const { workerd = "", miniflare = "" } = project.devDependencies ?? {};
  const { dependencies = {} } = manifest("bench/package.json");
  return { [project.name]: project.version ?? "", ...dependencies, workerd, miniflare };
}

interface Manifest {
  readonly name: string;
  readonly version?: string;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
}

const manifest = (file: string) => JSON.parse(readFileSync(join(root, file), "utf8")) as Manifest;
