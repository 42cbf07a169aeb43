// @ts-check
// The page of npm start: gets a token, or the Worker's summary of a token, and shows the result.
import { authenticate, isAuthError, VERSION } from "pay4power-auth";

/**
 * The holder of the keys: this page, which then gets the sandbox's example keys, or the Worker.
 * @typedef {{ holder: "page", publicKey: string, privateKey: string, tokenUrl: string }
 *   | { holder: "worker" }} Config
 *
 * What the page shows of a token.
 * @typedef {object} Summary
 * @property {string} environment
 * @property {string | null} merchantName
 * @property {string} tokenType
 * @property {string} expiresAt
 * @property {number} expiresInMs
 * @property {string | null} correlationId
 * @property {import("pay4power-auth").TokenClaims | null} [claims]
 *
 * What the page shows of a failure.
 * @typedef {{ code: string, message: string, correlationId: string | null }} Failure
 */

/** @type {Record<string, string>} */
const ADVICE = {
  P4P_CREDENTIALS_REJECTED:
    "check both keys and the environment; asking again with these won’t help.",
  P4P_NETWORK: "see that the service is running (npm start starts the sandbox), then ask again.",
  P4P_TIMEOUT: "the service is slow; ask again in a moment.",
  P4P_RATE_LIMITED: "wait a while, then ask again.",
  P4P_SERVICE_UNAVAILABLE: "the service is down for now; ask again in a moment.",
  P4P_BAD_RESPONSE: "check the token address; if it is right, tell the service’s support.",
  P4P_TOKEN_UNUSABLE: "check that the environment is the one that the keys are for.",
};
const OTHER_ADVICE = "look the code up in the README’s table.";

/** The claims that the service documents. The page shows their rows before it has a token. */
const CLAIMS = [
  ...["merchant_name", "merchant_id", "business_name", "businessName", "user_id", "category"],
  ...["tier", "environment", "public_key", "iss", "aud", "jti", "iat", "nbf", "exp"],
];

const card = /** @type {HTMLElement} */ (document.querySelector(".card"));
const buttons = document.querySelectorAll("button");

/** The end of the current token, on the page's monotonic clock, and its lifetime. */
let endsAtMs = 0;
let lifetimeMs = 0;

/** @type {Config} */
const config = await (await fetch("/config.json")).json();
text("version", VERSION);
text(
  "intro",
  config.holder === "page"
    ? "This page exchanges the local sandbox’s example keys, through Rust compiled to WebAssembly."
    : "A Worker holds your keys and exchanges them. This page shows the Worker’s summary of the token.",
);
showClaims(null);
document.body.dataset["holder"] = config.holder;
on("ask", () => ask());
on("wrong", () => ask({ privateKey: "PRIV_KEY_sandbox-wrong" }));
setInterval(tick, 1_000);
if (config.holder === "page") {
  showGuard(config);
}
ask();

/**
 * Gets a token, and shows it or the failure.
 * @param {object} [changes] options that replace those of the page
 */
async function ask(changes = {}) {
  if (card.ariaBusy === "true") {
    return;
  }
  setBusy(true);
  text("outcome", "Asking for a token");
  try {
    const given = config.holder === "page" ? exchange(config, changes) : askWorker();
    showToken(await given);
  } catch (error) {
    showFailure(/** @type {Failure} */ (error));
  }
  setBusy(false);
}

/**
 * Makes an exchange in this page.
 * @param {Extract<Config, { holder: "page" }>} keys
 * @param {object} changes
 * @returns {Promise<Summary>}
 */
async function exchange({ publicKey, privateKey, tokenUrl }, changes) {
  const token = await authenticate({
    publicKey,
    privateKey,
    tokenUrl,
    retries: 0, // the person at the page can ask again
    dangerouslyAllowBrowser: true, // these keys are examples
    ...changes,
  });
  const { claims, tokenType, correlationId } = token;
  return {
    environment: claims?.environment ?? "unknown",
    merchantName: claims?.merchant_name ?? null,
    tokenType,
    expiresAt: token.expiresAt.toISOString(),
    expiresInMs: token.expiresInMs(),
    correlationId,
    claims,
  };
}

/**
 * Asks the Worker for its summary of a token, through the page's server.
 * @returns {Promise<Summary>}
 */
async function askWorker() {
  const response = await fetch("/summary.json").catch(() => {
    throw { code: "P4P_NETWORK", message: "the page’s own server does not answer" };
  });
  const answer = await response.json();
  if (answer.authenticated !== true) {
    throw answer;
  }
  return answer;
}

/** @param {Summary} token */
function showToken(token) {
  lifetimeMs = token.expiresInMs;
  endsAtMs = performance.now() + lifetimeMs;
  const { environment, tokenType, correlationId } = token;
  /** @type {Record<string, string>} */
  const facts = {
    environment,
    merchant: token.merchantName ?? "not told",
    tokenType,
    expiresAt: new Date(token.expiresAt).toLocaleTimeString(),
    correlationId: correlationId ?? "none",
  };
  for (const fact of document.querySelectorAll("[data-fact]")) {
    fact.textContent = facts[/** @type {HTMLElement} */ (fact).dataset["fact"] ?? ""] ?? "";
  }
  showClaims(token.claims ?? null);
  text("outcome", "Token received");
  card.dataset["state"] = "good";
  tick();
}

/** @param {Failure} failure */
function showFailure({ code, message, correlationId }) {
  lifetimeMs = 0;
  text("code", code ?? "Error");
  text("message", message);
  text("advice", ADVICE[code] ?? OTHER_ADVICE);
  text("failed-id", correlationId ?? "none");
  text("outcome", "No token");
  card.dataset["state"] = "bad";
  tick();
}

/** @param {import("pay4power-auth").TokenClaims | null} claims */
function showClaims(claims) {
  const names = new Set([...CLAIMS, ...Object.keys(claims ?? {})]);
  const rows = [...names].map((name) => {
    const row = document.createElement("div");
    const value = claims?.[name];
    row.append(document.createElement("dt"), document.createElement("dd"));
    row.children[0]?.append(name);
    row.children[1]?.append(typeof value === "string" ? value : (JSON.stringify(value) ?? "–"));
    return row;
  });
  document.getElementById("claims")?.replaceChildren(...rows);
}

/**
 * Shows the error of the package in a page without `dangerouslyAllowBrowser`.
 * @param {Extract<Config, { holder: "page" }>} keys
 */
async function showGuard({ publicKey, privateKey, tokenUrl }) {
  try {
    await authenticate({ publicKey, privateKey, tokenUrl });
  } catch (error) {
    text("guard", isAuthError(error) ? `AuthError ${error.code}` : String(error));
  }
}

/** Shows how much of the token's lifetime is left. */
function tick() {
  const leftMs = Math.max(0, endsAtMs - performance.now());
  const seconds = Math.ceil(leftMs / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  const isGood = lifetimeMs > 0;
  text("countdown", isGood ? shown.map((part) => String(part).padStart(2, "0")).join(":") : "–");
  const bar = /** @type {HTMLElement} */ (document.getElementById("left"));
  bar.style.transform = `scaleX(${isGood ? leftMs / lifetimeMs : 0})`;
  if (isGood && leftMs === 0 && card.ariaBusy !== "true") {
    text("outcome", "Token expired");
    card.dataset["state"] = "expired";
  }
}

/** @param {boolean} isBusy */
function setBusy(isBusy) {
  card.ariaBusy = String(isBusy);
  for (const button of buttons) {
    // The attribute `disabled` would take the focus away.
    button.ariaDisabled = String(isBusy);
  }
}

/** @param {string} id @param {() => void} action */
function on(id, action) {
  document.getElementById(id)?.addEventListener("click", action);
}

/** @param {string} id @param {string} value */
function text(id, value) {
  const element = document.getElementById(id);
  if (element !== null && element.textContent !== value) {
    element.textContent = value;
  }
}
