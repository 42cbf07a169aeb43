// @ts-check
// The words for every event of a client (`onEvent`). docs/operations.md and the page of `npm start` show them.
// `npm run docs:tables` writes them into the document.

/**
 * @typedef {object} EventWords
 * @property {string} meaning What happened: the first sentence about the event in npm/types/index.d.ts.
 * @property {string} action What to do.
 * @property {string} alert The alert for it, by its name in docs/operations.md, or why there is none.
 */

const NOTHING_TO_DO = "Do nothing.";
const NO_ALERT = "None.";

/** @type {Readonly<Record<import("pay4power-auth").ClientEvent["type"], EventWords>>} */
export const EVENTS = {
  "exchange.start": {
    meaning: "An attempt begins.",
    action:
      "Count them. About one per token and process is normal. Many more mean that clients do not share a token, or that the service rejects tokens.",
    alert: "`many exchanges` if the rate is ten times the usual one.",
  },
  "exchange.success": {
    meaning: "An attempt got a token.",
    action: "Watch `durationMs`: it is the service's speed.",
    alert: "None. After a deployment or a rotation it shows that the keys work.",
  },
  "exchange.failure": {
    meaning: "An attempt failed.",
    action: "Look up `reason` in the table of codes. Another attempt may follow: see `retry`.",
    alert: "None for one: the code says which.",
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
    alert: "`keys rejected`.",
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
      "`no tokens` if `durationMs` is 50,000 or more, `circuit` is `closed` and `reason` is not `P4P_RATE_LIMITED`: the failures go on.",
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
    alert: "`many exchanges` if there are more than three in a minute.",
  },
  replay: {
    meaning: "A replay: the client sends a request again with a newer token.",
    action: NOTHING_TO_DO,
    alert: NO_ALERT,
  },
  "replay.withheld": {
    meaning: "The client returns a 401 and makes no replay.",
    action:
      "`body`: the caller must send the request again. `cooldown`: new tokens get a 401 too. Find the addresses in your request log. If it is one, correct the call. If it is all, check that `baseUrl` and `tokenUrl` are of one environment; ask Pay4Power's support.",
    alert: "`tokens rejected` if `reason` is `cooldown`.",
  },
  "store.hit": {
    meaning: "The store had a token.",
    action: NOTHING_TO_DO,
    alert: NO_ALERT,
  },
  "store.miss": {
    meaning: "The store had no usable token.",
    action:
      "The client makes an exchange. `clock`: this machine's clock is behind. `expired` from one machine only: its clock is ahead. `unreadable` many times: another program writes into the store.",
    alert: "`clock or store` if `reason` is `clock`, or is `unreadable` many times.",
  },
  "store.error": {
    meaning: "The store failed, or took longer than its limit, a second.",
    action:
      "`reason` is `get`, `set` or `delete`, then `timeout` (a second) or `failed`. Check the store. Workers KV takes one write a second for each key: `set.failed` alone may be that. Tokens still come: the client makes an exchange instead.",
    alert: "`clock or store` if it lasts 5 minutes: without the store there are more exchanges.",
  },
};
