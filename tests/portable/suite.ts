// The suites that every runtime runs, from a packed tarball, over real sockets.
import { faultCases } from "../faults/cases.ts";
import { abortCases } from "./aborts.ts";
import { afterTrapCases } from "./after-trap.ts";
import { argumentCases } from "./arguments.ts";
import { borderCases } from "./border.ts";
import { clientCases } from "./client.ts";
import { clockCases } from "./clocks.ts";
import { credentialCases } from "./credentials.ts";
import { endingCases } from "./endings.ts";
import { eventCases } from "./events.ts";
import { exchangeCases } from "./exchange.ts";
import { failureCases } from "./failures.ts";
import { fetchCases } from "./fetch.ts";
import { frameworkCases } from "./frameworks.ts";
import { type Case, type Result, runCases, type Suite, type World } from "./harness.ts";
import { hostileCases } from "./hostile.ts";
import { leakCase } from "./leak-controls.ts";
import { ledgerCases } from "./ledger.ts";
import { loadCases } from "./load.ts";
import { onceCases } from "./once.ts";
import { optionCases } from "./options.ts";
import { ownFetchCases } from "./own-fetch.ts";
import { ownObjectCases } from "./own-objects.ts";
import { paymentCases } from "./payments.ts";
import { prototypeCases } from "./prototypes.ts";
import { publicObjectCases } from "./public-objects.ts";
import { requestBodyCases } from "./request-bodies.ts";
import { requestCases } from "./requests.ts";
import { rotationCases } from "./rotation.ts";
import { secretCases } from "./secrets.ts";
import { spellingCases } from "./spellings.ts";
import { stateCases } from "./state.ts";
import { storeCases } from "./store.ts";
import { storedTokenCases } from "./stored-tokens.ts";
import { timeOutCases } from "./time-out.ts";
import { tokenCases } from "./token.ts";
import { trapCases } from "./trap.ts";
import { warningCases } from "./warnings.ts";

/** What runs on every runtime, each from a tarball of its own. */
export const suites: Record<Suite, readonly Case[]> = {
  portable: [
    ...exchangeCases,
    ...optionCases,
    ...hostileCases,
    ...ownObjectCases,
    ...ownFetchCases,
    ...prototypeCases,
    ...tokenCases,
    ...argumentCases,
    ...warningCases,
    ...secretCases,
    ...publicObjectCases,
    ...clientCases,
    ...failureCases,
    ...loadCases,
    ...clockCases,
    ...credentialCases,
    ...rotationCases,
    ...fetchCases,
    ...requestCases,
    ...requestBodyCases,
    ...frameworkCases,
    ...paymentCases,
    ...storeCases,
    ...storedTokenCases,
    ...timeOutCases,
    ...abortCases,
    ...stateCases,
    ...eventCases,
    // These last: they leave connections open, whose timers no other case may replace.
    ...ledgerCases,
    ...onceCases,
  ],
  secrets: [...spellingCases, leakCase, ...endingCases],
  trap: [...trapCases, ...afterTrapCases, ...borderCases],
  faults: faultCases,
};

/** How many cases run at once. Most faults only wait; the other suites replace clocks and timers of the whole runtime. */
const atOnce = ({ suite, browser }: World): number => {
  if (suite !== "faults") {
    return 1;
  }
  return browser ? 5 : 40; // a browser opens 6 connections to one server
};

export const runSuite = (world: World): Promise<Result[]> =>
  runCases(suites[world.suite], world, atOnce(world));
