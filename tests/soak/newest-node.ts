// Finds the newest Node that the project has: this one, or one of tests/matrix/package.json.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/project.mjs";

export interface Node {
  /** The path of its program. */
  readonly program: string;
  readonly version: string;
}

export function newestNode(): Node {
  const folder = join(root, "tests", "matrix");
  const { dependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  const installed = Object.entries(dependencies)
    .map(([name, range]) => ({
      program: join(folder, "node_modules", name, "bin", "node"),
      version: /^npm:node@(.+)$/.exec(range)?.[1] ?? "",
    }))
    .filter(({ program, version }) => version !== "" && existsSync(program));
  const all: Node[] = [{ program: process.execPath, version: process.versions.node }, ...installed];
  const [newest] = all.toSorted((a, b) =>
    b.version.localeCompare(a.version, "en", { numeric: true }),
  );
  return newest as Node;
}
