// @ts-check
// The card of the token and the counters.
import { byId, seconds, setProse, setText } from "./dom.js";

/**
 * @typedef {import("./session.js").Session} Session
 * @typedef {import("pay4power-auth").ClientState} ClientState
 */

/** The words for a token's phase. */
const OUTCOMES = {
  none: "No token",
  fresh: "Token at hand",
  "refresh-soon": "Token at hand",
  expiring: "Token about to end: calls wait",
  expired: "Token expired",
};

/** What to do about a failure of the local sandbox. @type {Record<string, string>} */
const HINTS = { P4P_NETWORK: "See that the sandbox is running: `npm start` starts it." };

/** Shows a new token. @param {import("pay4power-auth").Token} token */
export function showToken(token) {
  const { claims, tokenType, correlationId, expiresAt } = token;
  /** @type {Record<string, string>} */
  const facts = {
    environment: claims?.environment ?? "not told",
    merchant: claims?.merchant_name ?? "not told",
    tokenType,
    expiresAt: expiresAt.toLocaleTimeString(),
    correlationId: correlationId ?? "none",
  };
  for (const element of document.querySelectorAll("[data-fact]")) {
    setText(element, facts[/** @type {HTMLElement} */ (element).dataset["fact"] ?? ""] ?? "");
  }
}

/** Shows the state of the client. @param {ClientState} state @param {Session} session */
export function showState(state, session) {
  const { token, exchanging, circuit, retryAtMs } = state;
  const isGood = token !== "none" && token !== "expired";
  setText("outcome", exchanging && !isGood ? "Asking for a token" : OUTCOMES[token]);
  // On the page's own clocks, so that it agrees with the client.
  const leftMs = isGood ? (state.expiresAtMs ?? 0) - Date.now() : 0;
  setText("countdown", isGood ? seconds(leftMs) : "–");
  document.body.dataset["token"] = token;
  document.body.dataset["circuit"] = circuit;
  setText("circuit", circuit);
  setText(
    "cooldown",
    retryAtMs === null ? "no cool-down" : `cool-down: ${seconds(retryAtMs - Date.now())}`,
  );
  showFailure(isGood ? undefined : session.failure);
}

/** @type {import("pay4power-auth").AuthError | undefined} */
let shownFailure;

/** @param {import("pay4power-auth").AuthError | undefined} failure */
async function showFailure(failure) {
  if (failure === shownFailure) {
    return;
  }
  shownFailure = failure;
  document.body.toggleAttribute("data-failed", failure !== undefined);
  if (failure) {
    setText("code", failure.code);
    setText("failed-id", failure.correlationId ?? "none");
    const { CODES } = await import("/on-call/codes.js");
    const { meaning, remedy } = CODES[failure.code];
    setProse(byId("meaning"), meaning);
    // The first sentence of the remedy: the card keeps its height.
    setProse(byId("remedy"), HINTS[failure.code] ?? remedy.split(/(?<=\.) /, 1)[0] ?? "");
  }
}

/** Shows the counters. @param {Session["counts"]} counts */
export function showCounts(counts) {
  for (const name of /** @type {const} */ (["calls", "waited", "exchanges", "sent", "booked"])) {
    setText(name, String(counts[name]));
  }
  const isEqual = counts.sent === counts.booked && counts.received === counts.sent;
  byId("balance").toggleAttribute("data-differ", !isEqual);
  setText("balance", balanceOf(counts));
}

/** Returns whether the payments sent are those in the ledger, in words. @param {Session["counts"]} counts */
function balanceOf({ sent, received, booked }) {
  if (sent === 0) {
    return "No payment yet.";
  }
  if (sent === received && sent === booked) {
    return "Each payment that was sent is booked.";
  }
  const cause = received > sent ? " The browser repeats by itself." : "";
  return `They differ: sent ${sent}, arrived ${received}, booked ${booked}.${cause}`;
}
