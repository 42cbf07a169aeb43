// Runs the portable suite in a process of a server runtime: node suite.mjs PLACES import|require
import { createRequire } from "node:module";
import process from "node:process";
import { type Places, runCases } from "./harness.ts";
import { cases } from "./suite.ts";

const [places = "{}", how] = process.argv.slice(2);
const name = "pay4power-auth";
const lib = how === "require" ? createRequire(import.meta.url)(name) : await import(name);
const results = await runCases(cases, { ...(JSON.parse(places) as Places), lib });
process.stdout.write(JSON.stringify(results));
