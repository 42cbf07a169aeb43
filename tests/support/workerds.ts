// The builds of workerd that the tests run on.
import { createRequire } from "node:module";
import { join } from "node:path";
import { root } from "../../scripts/project.mjs";

export interface Workerd {
  readonly version: string;
  readonly path: string;
  /** The newest compatibility date that it knows, which is that of its release. */
  readonly newestDate: string;
}

const requireOf = (...folders: string[]) => createRequire(join(root, ...folders, "package.json"));

function workerdOf(require: NodeJS.Require): Workerd {
  const { default: path, version } = require("workerd") as { default: string; version: string };
  return {
    path,
    version,
    newestDate: version.replace(/^1\.(\d{4})(\d\d)(\d\d)\..*$/, "$1-$2-$3"),
  };
}

/** The one that miniflare brings. */
export const ofMiniflare = workerdOf(createRequire(requireOf().resolve("miniflare")));
/** That of the project's own package.json. */
export const own = workerdOf(requireOf());
/** The newest of the registry: a line in tests/matrix/package.json. */
export const newest = workerdOf(requireOf("tests", "matrix"));

/** Has `start` start that build. One at a time: miniflare takes it from the environment. */
export async function onBuild<Value>({ path }: Workerd, start: () => Promise<Value>) {
  process.env["MINIFLARE_WORKERD_PATH"] = path;
  try {
    return await start();
  } finally {
    delete process.env["MINIFLARE_WORKERD_PATH"];
  }
}
