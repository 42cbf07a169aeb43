// The same for a page that streams the Wasm from the address that its bundler gave it.
import * as lib from "pay4power-auth/slim";
import type { Places } from "../portable/harness.ts";
import { runSuite } from "../portable/suite.ts";
// @ts-expect-error made for each bundler
import coreUrl from "./core-url.js";

const begun = performance.now();
await lib.install(fetch(coreUrl));
const importMs = performance.now() - begun;

Object.assign(globalThis, {
  importMs,
  runPortableSuite: (places: Places) => runSuite({ ...places, lib }),
});
