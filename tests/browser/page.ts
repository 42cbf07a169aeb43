// Lets the test that opened this page run the portable suite in it.
import * as lib from "pay4power-auth";
import { type Places, runCases } from "../portable/harness.ts";
import { cases } from "../portable/suite.ts";

Object.assign(globalThis, {
  lib,
  runPortableSuite: (places: Places) => runCases(cases, { ...places, lib }),
});
