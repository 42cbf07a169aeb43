// @ts-check
// The words for every event of a client (`onEvent`). docs/operations.md and the page of `npm start` show them.
// `npm run docs:tables` writes them into the document.

/**
 * @typedef {object} EventWords
 * @property {string} meaning What happened: the first sentence about the event in npm/types/index.d.ts.
 * @property {string} action What to do.
 * @property {string} alert Whether to alert.
 */

const NOTHING_TO_DO = "Do nothing.";
const NO_ALERT = "Do not alert.";

/** @type {Readonly<Record<import("pay4power-auth").ClientEvent["type"], EventWords>>} */
export const EVENTS = {
  "exchange.start": {
    meaning: "An attempt begins.",
    action:
      "Count them. About one per token and process is normal. Many more mean that clients do not share a token, or that the service rejects tokens.",
    alert: "Alert if the rate is ten times the usual one.",
  },
  "exchange.success": {
    meaning: "An attempt got a token.",
    action: "Watch `durationMs`: it is the service's speed.",
    alert: "Alert if there is none for twice the lifetime of a token while requests come.",
  },
  "exchange.failure": {
    meaning: "An attempt failed.",
    action: "Look up `reason` in the table of codes. Another attempt may follow: see `retry`.",
    alert: "Do not alert on one: the code says when.",
  },
  retry: {
    meaning: "Another attempt follows after `durationMs`.",
    action: NOTHING_TO_DO,
    alert: NO_ALERT,
  },
  "refresh.background": {
    meaning: "An exchange begins in the background: no caller waits for it.",
    action: NOTHING_TO_DO,
    alert: NO_ALERT,
  },
  "circuit.open": {
    meaning: "The service rejected the keys.",
    action:
      "Correct the keys, as for `P4P_CREDENTIALS_REJECTED`. Calls get the current token until it ends; then they fail.",
    alert: "Alert at once.",
  },
  "circuit.close": {
    meaning: "The circuit closes: the service accepted the keys, or `reset` was called.",
    action: "If `reason` is `accepted`, the keys work again: end the alert.",
    alert: NO_ALERT,
  },
  "cooldown.start": {
    meaning: "A cool-down begins after a failure: no exchange begins for `durationMs`.",
    action:
      "Look up `reason` in the table of codes. After the repair, call `reset()`, or wait for `durationMs`.",
    alert:
      "Alert if `durationMs` is 50,000 or more: the failures go on, or the service asked for the time.",
  },
  "cooldown.end": {
    meaning: "A cool-down has ended.",
    action:
      "Wait for `exchange.success`: with the reason `over`, only the next attempt shows if the failure is gone.",
    alert: NO_ALERT,
  },
  "token.rejected": {
    meaning: "A request got a 401 with the current token, outside a cool-down.",
    action:
      "One is normal if the service revokes tokens. Several in a row: ask Pay4Power's support, and give the correlation id.",
    alert: "Alert if there are more than three in a minute.",
  },
  replay: {
    meaning: "A replay: the client sends a request again with a newer token.",
    action: NOTHING_TO_DO,
    alert: NO_ALERT,
  },
  "replay.withheld": {
    meaning: "The client returns a 401 and makes no replay.",
    action:
      "`body`: the caller must send the request again. `cooldown`: new tokens get a 401 too, so check `baseUrl` and `environment`.",
    alert: "Alert if `reason` is `cooldown`.",
  },
  "store.hit": {
    meaning: "The store had a token.",
    action: NOTHING_TO_DO,
    alert: NO_ALERT,
  },
  "store.miss": {
    meaning: "The store had no usable token.",
    action:
      "The client makes an exchange. `clock`: correct this machine's clock. `unreadable` many times: another program writes into the store.",
    alert: "Alert if `reason` is `clock`, or is `unreadable` many times.",
  },
  "store.error": {
    meaning: "The store failed, or took longer than its limit, a second.",
    action:
      "Check the store: Redis, KV or your own. Tokens still come, because the client makes an exchange instead.",
    alert: "Alert if it lasts 5 minutes: without the store there are more exchanges.",
  },
};
