// @ts-check
// The claims of the token, with their meaning.
import { byId, make } from "./dom.js";

/** The claims that the service documents. @type {Record<string, string>} */
const MEANINGS = {
  merchant_name: "The name of the merchant",
  merchant_id: "The number of the merchant",
  business_name: "The name of the business",
  businessName: "The same, under another name",
  user_id: "The number of the user who made the keys",
  category: "The kind of the business",
  tier: "The price tier of the merchant",
  environment: "The environment that the token is for",
  public_key: "The public key, without its beginning",
  iss: "The issuer of the token",
  aud: "The service that the token is for",
  jti: "The token’s own id",
  iat: "The moment of issue",
  nbf: "The token is valid from this moment",
  exp: "The token ends at this moment",
};

/** The claims that are instants, in epoch seconds. */
const INSTANTS = ["iat", "nbf", "exp"];

/** @type {import("pay4power-auth").TokenClaims | null} */
let shownClaims = null;

/** Shows the claims, or that there are none. @param {import("pay4power-auth").TokenClaims | null} claims */
export function showClaims(claims) {
  const box = byId("claims");
  box.toggleAttribute("data-empty", claims === null);
  if (claims === null || claims === shownClaims) {
    return; // the last rows stay there, unseen
  }
  shownClaims = claims;
  const names = [...Object.keys(MEANINGS), ...Object.keys(claims)].filter((name) => name in claims);
  const rows = [...new Set(names)].map((name) =>
    make(
      "div",
      {},
      make("dt", {}, name),
      make("dd", { class: "code" }, textOf(name, claims[name])),
      make("dd", { class: "quiet" }, MEANINGS[name] ?? "Not documented"),
    ),
  );
  box.querySelector("dl")?.replaceChildren(...rows);
}

/** @param {string} name @param {unknown} value */
function textOf(name, value) {
  if (INSTANTS.includes(name) && typeof value === "number") {
    return new Date(value * 1_000).toLocaleString();
  }
  return typeof value === "string" ? value : JSON.stringify(value);
}
