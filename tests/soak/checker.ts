// Compares what a caller got with what the service did. Returns what is wrong.
import {
  type Call,
  echoOf,
  GRACE_MS,
  limitMs,
  type Outcome,
  REQUEST_TIMEOUT_MS,
  TURN_MS,
} from "./calls.ts";
import type { Attempt, Given, IssuedToken } from "./ledger.ts";

/** A time in which something happened to the subject or to the service. */
export interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** What the service and the orchestrator know of a call. */
export interface Evidence {
  /** The last answer to the call. */
  readonly given: Given | undefined;
  /** How often the service got the call. */
  readonly requests: number;
  /** The last attempts of the call's client, the newest last. */
  readonly attempts: readonly Attempt[];
  /** How many of the last attempts may explain an error. */
  readonly relevantAttempts: number;
  /** The restarts of the service. */
  readonly restarts: readonly Span[];
  /** The jumps of the subject's wall clock. */
  readonly jumps: readonly Span[];
  /** The same if the subject's deadlines run on its wall clock, otherwise none. */
  readonly deadlineJumps: readonly Span[];
  token(jti: string): IssuedToken | undefined;
}

/** For how long a client remembers a failure, at most, after failures in a row. */
const REMEMBERED_MS = 70_000;
/** The time that a timer may ring early. */
const EARLY_MS = 20;
/** The time in which a whole answer must reach its caller on a busy machine. */
const DELIVERY_MS = 2_000;

/** Returns what is wrong with an outcome, or `undefined`. */
export function wrongWith(call: Call, outcome: Outcome, evidence: Evidence): string | undefined {
  const limit = limitMs(call) + GRACE_MS;
  const text =
    outcome.tookMs > limit && !wasDuring(evidence.deadlineJumps, outcome)
      ? `settled after ${outcome.tookMs} ms`
      : wrongEnd(call, outcome, evidence);
  if (text === undefined) {
    return undefined;
  }
  const { given, requests } = evidence;
  const got = JSON.stringify(outcome.end);
  const { id, kind, fault = "no fault" } = call;
  return `call ${id} (${kind}, ${fault}): ${text}; it got ${got}, after ${requests} requests and ${JSON.stringify(given)}`;
}

function wrongEnd(call: Call, outcome: Outcome, evidence: Evidence): string | undefined {
  const { end } = outcome;
  const { given, requests } = evidence;
  switch (end.type) {
    case "token":
      return wrongToken(end, outcome.atMs, evidence);
    case "auth error":
      return requests > 0
        ? "an AuthError, but the request was sent"
        : wrongCode(end.code, outcome, evidence);
    case "cancelled":
      return call.cancelMs === undefined ? "cancelled, but the caller did not cancel" : undefined;
    case "time-out":
      return wrongTimeout(outcome, evidence);
    case "rejected":
      return given?.body === "reset" || wasDuring(evidence.restarts, outcome)
        ? undefined
        : "rejected, but the service did not break the connection";
    case "broken body":
      return (given?.body === "cut" && given.status === end.status) ||
        wasDuring(evidence.restarts, outcome)
        ? undefined
        : "the body broke, but the service did not cut it";
    case "answer":
      return wrongAnswer(call, outcome, end, evidence);
  }
}

function wrongAnswer(
  { id }: Call,
  outcome: Outcome,
  { status, echo }: { readonly status: number; readonly echo: string },
  { given, requests, deadlineJumps }: Evidence,
): string | undefined {
  if (given?.body !== "whole" || given.status !== status) {
    return "another answer than the service gave last";
  }
  if (echo !== echoOf(id)) {
    return `the answer of another call: ${echo}`;
  }
  const isExcused = outcome.isReplayExcused || wasDuring(deadlineJumps, outcome);
  if (status === 401 && requests === 1 && !isExcused) {
    return "a 401 without a replay, and the client did not say why";
  }
  return undefined;
}

function wrongToken(
  { jti, leftMs }: { readonly jti: string; readonly leftMs: number },
  atMs: number,
  evidence: Evidence,
): string | undefined {
  const token = evidence.token(jti);
  if (token === undefined) {
    return "a token that the service does not know";
  }
  if (atMs >= token.endsAtMs + TURN_MS) {
    return `a token that ended ${atMs - token.endsAtMs} ms before`;
  }
  return leftMs <= -TURN_MS
    ? `a token that ended ${-leftMs} ms before, by the subject's clock`
    : undefined;
}

/** An error of an exchange is right if one of the last attempts had the fault that gives it. */
function wrongCode(
  code: string,
  outcome: Outcome,
  { attempts, relevantAttempts, restarts, jumps, deadlineJumps }: Evidence,
): string | undefined {
  const recently: Outcome = { ...outcome, tookMs: outcome.tookMs + REMEMBERED_MS };
  const isExplained =
    attempts.slice(-relevantAttempts).some((attempt) => attempt.code === code) ||
    (code === "P4P_NETWORK" && wasDuring(restarts, recently)) ||
    (code === "P4P_TIMEOUT" && wasDuring(deadlineJumps, recently)) ||
    // The clock jumped while the answer was under way, and the machine was too slow for the second attempt.
    (code === "P4P_TOKEN_UNUSABLE" && wasDuring(jumps, recently));
  return isExplained ? undefined : `${code}, but no exchange had the fault that gives it`;
}

function wrongTimeout(outcome: Outcome, { given, deadlineJumps }: Evidence): string | undefined {
  if (outcome.tookMs < REQUEST_TIMEOUT_MS - EARLY_MS && !wasDuring(deadlineJumps, outcome)) {
    return `a time-out after ${outcome.tookMs} ms`;
  }
  // After a 401 the caller waits for another token.
  const isLate = given?.body === "whole" && outcome.atMs - given.atMs > DELIVERY_MS;
  return isLate && given.status !== 401
    ? "a time-out, but the service had answered long before"
    : undefined;
}

/** Returns whether one of the spans overlaps the time of the call. */
function wasDuring(spans: readonly Span[], { atMs, tookMs }: Outcome): boolean {
  return spans.some(({ fromMs, untilMs }) => fromMs <= atMs && untilMs >= atMs - tookMs);
}
