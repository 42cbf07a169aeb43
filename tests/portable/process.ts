// Runs the portable suite in a process of a server runtime: suite.mjs PLACES import|require|slim
import { createRequire } from "node:module";
import process from "node:process";
import type * as Slim from "pay4power-auth/slim";
import type { Places } from "./harness.ts";
import { runSuite } from "./suite.ts";

const [argument = "{}", how] = process.argv.slice(2);
const places = JSON.parse(argument) as Places;
const name = "pay4power-auth";
const begun = performance.now();
const lib = await load();
const importMs = performance.now() - begun;
const results = await runSuite({ ...places, lib });
process.stdout.write(JSON.stringify({ importMs, results }));

async function load() {
  if (how === "require") {
    return createRequire(import.meta.url)(name);
  }
  if (how === "slim") {
    const slim = (await import(`${name}/slim`)) as typeof Slim;
    await slim.install(fetch(places.coreUrl));
    return slim;
  }
  return import(name);
}
