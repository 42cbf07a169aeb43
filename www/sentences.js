// @ts-check
// The sentences after a button: what the client did, and why. Each is made from events and counts of that time.
import { counted, duration } from "./dom.js";

/**
 * @typedef {import("./session.js").Call} Call
 * @typedef {import("pay4power-auth").ClientEvent} ClientEvent
 *
 * @typedef {object} Happened What happened from the press of a button until its calls had ended.
 * @property {Call[]} calls the calls of the button
 * @property {ClientEvent[]} events the events of the client, also for other calls
 * @property {number} exchanges the exchanges that the sandbox counted
 * @property {number} received the payments that the sandbox counted
 * @property {number} booked the payments that the ledger got
 * @property {import("pay4power-auth").ClientState} before the state of the client before it
 */

/** @param {Happened} happened @param {ClientEvent["type"]} type */
const eventsOf = ({ events }, type) =>
  /** @type {Record<string, any>[]} */ (events.filter((event) => event.type === type));

/** @param {Call[]} calls */
const answered = (calls) => calls.filter(({ status }) => status === 200);

/** @param {Call[]} calls */
const codesOf = (calls) => [...new Set(calls.flatMap(({ code }) => code ?? []))].join(" and ");

/** Says what became of the calls. @param {Happened} happened */
export function calls(happened) {
  const { calls, exchanges } = happened;
  const waited = calls.filter((call) => call.waited);
  const failed = calls.filter(({ code }) => code);
  const [longest = 0] = waited.map(({ durationMs }) => durationMs).sort((a, b) => b - a);
  const sentences = [];
  if (waited.length === 0 && failed.length === 0) {
    sentences.push(
      `${leaving(calls.length)} at once: a token was at hand. The sandbox counted ${counted(exchanges, "exchange")} in this time.`,
    );
  } else if (waited.length > 0) {
    const who =
      waited.length === calls.length
        ? counted(calls.length, "call")
        : `${waited.length} of ${calls.length} calls`;
    sentences.push(
      `No usable token was at hand, so ${who} waited for the next one, ${duration(longest)} at the most. The sandbox counted ${counted(exchanges, "exchange")} for all.`,
    );
  }
  if (failed.length > 0) {
    const isAtOnce = failed.some(({ waited, sends }) => !waited && sends === 0);
    const why = isAtOnce
      ? " In a cool-down the client fails calls at once, and sends nothing."
      : "";
    sentences.push(`${counted(failed.length, "call")} failed with ${codesOf(failed)}.${why}`);
  }
  if (eventsOf(happened, "refresh.background").length > 0) {
    sentences.push("The client also began to get the next token in the background.");
  }
  return sentences.join(" ");
}

/** @param {number} number */
const leaving = (number) => (number === 1 ? "The request left" : `All ${number} requests left`);

/** @param {Happened} happened */
export function rejectedKeys({ calls, exchanges, events }) {
  const failed = calls.filter(({ code }) => code === "P4P_CREDENTIALS_REJECTED").length;
  const cooldown = eventsOf(/** @type {Happened} */ ({ events }), "cooldown.start").at(-1);
  const after = cooldown
    ? ` The circuit is open: for ${duration(cooldown["durationMs"])} the client does not send these keys again.`
    : "";
  return `${counted(exchanges, "exchange")}, then ${failed} of ${counted(calls.length, "call")} failed with P4P_CREDENTIALS_REJECTED.${after}`;
}

/** @param {Happened} happened */
export function acceptedKeys(happened) {
  const { calls, exchanges } = happened;
  const isClosed = eventsOf(happened, "circuit.close").length > 0;
  if (answered(calls).length === 0) {
    return `The call failed with ${codesOf(calls)}.`;
  }
  const refused = eventsOf(happened, "exchange.failure").length > 0;
  const how = refused
    ? "The service refused the old keys once more, so the client asked credentials() for new ones, and got a token"
    : "The client had no reason to ask for other keys";
  return `${isClosed ? "reset() closed the circuit. " : ""}${how}: ${counted(exchanges, "exchange")}.`;
}

/** @param {Happened} happened */
export function revoked({ calls, exchanges }) {
  const refused = calls.filter(({ refusals }) => refusals > 0);
  const replayed = calls.filter(({ sends, status }) => sends > 1 && status === 200);
  return `${refused.length} of ${calls.length} calls got a 401. They shared ${counted(exchanges, "exchange")}, then the client sent ${replayed.length} of them once more, with the new token: ${answered(calls).length} were answered.`;
}

/** @param {Happened} happened */
export function waitedAsAsked(happened) {
  const [retry] = eventsOf(happened, "retry").filter(({ reason }) => reason === "P4P_RATE_LIMITED");
  const [call] = happened.calls;
  if (!retry || call?.status !== 200) {
    return calls(happened);
  }
  return `The service answered 429 and asked for a wait, so the client waited ${duration(retry["durationMs"])}, asked again, and got a token. The call took ${duration(call.durationMs)} and did not fail.`;
}

/** @param {Happened} happened */
export function outage(happened) {
  const { calls, exchanges } = happened;
  const failed = calls.filter(({ code }) => code);
  const atOnce = failed.filter(({ waited }) => !waited).length;
  const end =
    answered(calls).length > 0 ? "Then a new token came by itself." : "No call was answered.";
  return `${failed.length} calls failed with ${codesOf(failed)}, ${atOnce} of them at once: in a cool-down the client asks for nothing. The sandbox counted ${counted(exchanges, "token call")}. ${end}`;
}

/** @param {Happened} happened */
export function hung(happened) {
  const timedOut = eventsOf(happened, "exchange.failure").filter(
    ({ reason }) => reason === "P4P_TIMEOUT",
  );
  const [call] = happened.calls;
  if (timedOut.length === 0 || call?.status !== 200) {
    return calls(happened);
  }
  return `No answer came within ${duration(timedOut[0]?.["durationMs"])} (timeoutMs), so the client gave that attempt up and tried again. The call took ${duration(call.durationMs)} and did not fail.`;
}

/** @param {Happened} happened @param {boolean} isAhead */
export function clock({ calls, exchanges }, isAhead) {
  const what = isAhead
    ? "The wall clock is 6 hours ahead now (simulated)."
    : "The wall clock is right again.";
  const [call] = calls;
  if (call?.status !== 200) {
    return `${what} The call failed with ${codesOf(calls)}.`;
  }
  const cost = counted(exchanges, "exchange");
  return call.waited
    ? `${what} The token may have ended, so the call waited for a new one: ${cost}. Its life counts from the sending.`
    : `${what} The token is still good, so the request left at once: ${cost}.`;
}

/** @param {Happened} happened */
export function suspended({ calls, exchanges }) {
  const [call] = calls;
  const what = "A minute passed that performance.now() did not see (simulated).";
  if (call?.status !== 200) {
    return `${what} The call failed with ${codesOf(calls)}.`;
  }
  const how = call.waited ? "the call waited for a new token" : "a token was at hand";
  return `${what} The client compared both clocks, and ${how}: ${counted(exchanges, "exchange")}, ${call.refusals === 0 ? "no 401" : "one 401"}.`;
}

/** @param {Happened} happened */
export function payment({ calls, received, booked }) {
  const [sent, lookUp] = calls;
  if (!sent || sent.sends === 0) {
    return `The payment was not sent: there was no token (${codesOf(calls)}).`;
  }
  const times = sent.sends - sent.refusals;
  const arrivals =
    received > times
      ? `Sent ${timesOf(times)}, but ${counted(received, "request")} arrived: Chromium repeats by itself.`
      : `Sent ${timesOf(times)}, and ${counted(received, "request")} arrived.`;
  const answer = sent.body?.success
    ? "The answer says that it was made"
    : `${answerOf(sent)}, and the client repeats nothing: ${lookedUp(lookUp)}`;
  return `${arrivals} ${answer}. The ledger has it ${timesOf(booked)}.`;
}

/** @param {number} times */
const timesOf = (times) => (times === 1 ? "once" : `${times} times`);

/** @param {Call} call */
function answerOf({ status, body }) {
  if (status === undefined) {
    return "The answer was lost";
  }
  return body === undefined ? "The answer broke off in the middle" : `The answer was ${status}`;
}

/** @param {Call | undefined} call */
function lookedUp(call) {
  if (call?.status === 404) {
    return "the look-up finds no such payment";
  }
  return call?.body?.success ? "the look-up finds it" : "the look-up failed too";
}

/** @param {Happened} happened */
export function lookUp({ calls }) {
  const [call] = calls;
  if (call === undefined) {
    return "There is no payment to look up yet. Pay first.";
  }
  const reference = call.path.split("=").at(-1);
  return `For the reference ${reference} ${lookedUp(call)}. A look-up pays nothing, so you may repeat it.`;
}

/** @param {Happened} happened */
export function invalidated({ before }) {
  return before.token === "none"
    ? "There was no token to drop. The next call makes an exchange."
    : "The client dropped its token and sent nothing. The next call waits for a new one.";
}

/** @param {Happened} happened */
export function reset({ before }) {
  return before.circuit === "closed" && before.retryAtMs === null
    ? "There was nothing to end: the circuit was closed, and there was no cool-down."
    : "The circuit is closed and all cool-downs have ended. The next call that needs a token makes an exchange.";
}
