// @ts-check
// The page: a client of the sandbox, or, if a Worker holds the keys, a view of what the Worker answers.
import { createClient, isAuthError, VERSION } from "pay4power-auth";
import { showActions } from "./actions.js";
import { showClaims } from "./claims.js";
import { byId, setText } from "./dom.js";
import { showEvents } from "./event-log.js";
import { Session } from "./session.js";
import { showCounts, showState, showToken } from "./status.js";
import { Timeline } from "./timeline.js";

/**
 * The holder of the keys: this page, which then gets the sandbox's example keys, or the Worker.
 * @typedef {({ holder: "page" } & import("./session.js").Config) | { holder: "worker", asks: string[] }} PageConfig
 */

const STATE_INTERVAL_MS = 200;
const CALL_INTERVAL_MS = 1_000;
const REST_AFTER_MS = 1_000;

setText("version", VERSION);
const config = await readConfig();
if (config?.holder === "page") {
  startClient(config);
} else if (config?.holder === "worker") {
  const { askWorker } = await import("./worker.js");
  byId("worker").hidden = false;
  askWorker(config.asks);
}

/** @returns {Promise<PageConfig | undefined>} */
async function readConfig() {
  try {
    return await (await fetch("/config.json")).json();
  } catch {
    const trouble = byId("trouble");
    setText(
      trouble,
      "The server of this page does not answer. Start it, then load the page again.",
    );
    trouble.hidden = false;
    return undefined;
  }
}

/** @param {import("./session.js").Config} config */
async function startClient(config) {
  const session = new Session(config);
  session.addEventListener("token", () => {
    if (session.token) {
      showToken(session.token);
      showState(session.client.state(), session);
    }
  });
  const firstCall = session.call();
  byId("client").hidden = false;
  // The first token is shown before the page builds the rest. A sandbox that hangs does not hold the page up.
  await Promise.race([firstCall, new Promise((resolve) => setTimeout(resolve, REST_AFTER_MS))]);
  showRest(session);
  showGuard(config);
}

/** Shows everything except the first token. @param {Session} session */
function showRest(session) {
  const svg = /** @type {SVGSVGElement} */ (document.querySelector("#timeline"));
  const timeline = new Timeline(svg, byId("points"), session);
  const update = () => {
    const state = session.client.state();
    showState(state, session);
    timeline.update(state);
    showClaims(state.token === "none" ? null : (session.token?.claims ?? null));
  };
  session.addEventListener("token", update);
  session.addEventListener("counts", () => {
    showCounts(session.counts);
    update();
  });
  showEvents(session);
  showActions(session);
  update();
  session.refreshCounts();
  byId("rest").hidden = false;
  setInterval(update, STATE_INTERVAL_MS);
  const steady = /** @type {HTMLInputElement} */ (byId("steady"));
  setInterval(() => steady.checked && session.call(), CALL_INTERVAL_MS);
}

/** Shows the error of the package in a page without `dangerouslyAllowBrowser`. @param {import("./session.js").Config} config */
function showGuard({ publicKey, privateKey, tokenUrl, baseUrl }) {
  try {
    createClient({ publicKey, privateKey, tokenUrl, baseUrl });
  } catch (error) {
    setText("guard", isAuthError(error) ? `AuthError ${error.code}` : String(error));
  }
}
