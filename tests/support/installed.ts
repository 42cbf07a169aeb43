// The package as its users have it: the tarball, installed in a project.
import { createRequire } from "node:module";
import { join } from "node:path";
import type * as Library from "pay4power-auth";
import { build } from "../../scripts/build.ts";
import { makeConsumer } from "../../scripts/consumer.ts";
import { root } from "../../scripts/project.mjs";

/** Installs the package in a fresh project called `name`. Returns that project's `require`. */
export async function requireOf(name: string): Promise<NodeJS.Require> {
  const folder = makeConsumer(join(root, "target", "consumers", name), await build());
  return createRequire(join(folder, "index.cjs"));
}

/** Installs the package in a fresh project called `name`, and loads it there. */
export async function loadLibrary(name: string): Promise<typeof Library> {
  return (await requireOf(name))("pay4power-auth");
}
