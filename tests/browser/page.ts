// Lets the test that opened this page run the portable suite in it.
import * as lib from "pay4power-auth";
import type { Places } from "../portable/harness.ts";
import { runSuite } from "../portable/suite.ts";

Object.assign(globalThis, {
  lib,
  runPortableSuite: (places: Places) => runSuite({ ...places, lib }),
});
