// A client that gets its tokens from a coordinator. It holds no keys.

import { describe, invalidOption } from "../arguments.js";
import { Client } from "../client/client.js";
import {
  CoordinatorFailure,
  type ExchangeContext,
  type ExchangeResult,
  type TokenIssuer,
} from "../client/issuer.js";
import { RejectedTokens } from "../client/rejected-tokens.js";
import { asSignal, runExchange } from "../client/run-exchange.js";
import type { WaitUntil } from "../client/source-parts.js";
import { TokenSource } from "../client/token-source.js";
import { call } from "../core/call.js";
import {
  AuthError,
  holdsSecret,
  isAuthError,
  isErrorRecord,
  nameAndCode,
  plainError,
  safeCause,
} from "../errors.js";
import { Transport } from "../fetch/transport.js";
import * as core from "../generated/core.js";
import { checkKeyless, ownOptionsOf } from "../options.js";
import { sha256 } from "../sha256.js";
import { WAIT_ENDED, withTimeout } from "../timers.js";
import type { Token, TokenRecord } from "../token.js";
import type { CoordinatorClientOptions, CoordinatorNamespace } from "../types/cloudflare.js";
import type { Client as PublicClient } from "../types/index.js";
import { ADDRESS, hasToken, localExpiryMs, type Message, type TokenAnswer } from "./messages.js";

/**
 * The policy of every coordinator client. Times are in milliseconds. The coordinator retries its own exchanges. A client
 * retries only if it can't reach the coordinator. `refreshAhead` is smaller than the coordinator's own 0.2, so a client
 * asks for a new token after the coordinator has begun to refresh it.
 *
 * The timeout is longer than the longest time that an overloaded object keeps a question in its queue. With a shorter
 * timeout the answers would come too late, all clients would ask again, and the object would stay overloaded for ever.
 */
const POLICY = { timeoutMs: 10_000, retries: 5, deadlineMs: 30_000, refreshAhead: 0.1 };

/** The options of a coordinator client: the name of the object, and options of a client. */
const COORDINATOR_CLIENT_OPTIONS = [
  "name",
  "baseUrl",
  "fetch",
  "requestTimeoutMs",
  "onEvent",
  "waitUntil",
] as const;

/** How long a request waits for the coordinator to hear of its replay, in milliseconds. */
const REPLAY_REPORT_MS = 1_000;

export function coordinatorClient(
  namespace: CoordinatorNamespace,
  options: CoordinatorClientOptions,
): PublicClient {
  const ownOptions = ownOptionsOf(options, COORDINATOR_CLIENT_OPTIONS);
  const { name = "default", onEvent } = ownOptions;
  const waitUntil = ownOptions.waitUntil as WaitUntil | undefined;
  const isNamespace = ["idFromName", "get"].every(
    (method) =>
      typeof (namespace as never as Record<string, unknown> | null)?.[method] === "function",
  );
  if (!isNamespace) {
    throw invalidOption("namespace", "a binding of Durable Objects", describe(namespace));
  }
  if (typeof name !== "string" || name.trim() === "") {
    throw invalidOption("name", "a string that is not blank", describe(name));
  }
  const baseUrl = checkKeyless(ownOptions);
  const rejectedTokens = new RejectedTokens();
  const coordinator = new CoordinatorIssuer(namespace, name, rejectedTokens, waitUntil);
  const policy = { ...POLICY, hasStore: false };
  const source = new TokenSource({
    policy,
    issuer: coordinator,
    rejectedTokens,
    onEvent,
    waitUntil,
  });
  return new Client(source, baseUrl, new Transport(ownOptions.fetch), ownOptions.requestTimeoutMs);
}

/** Issues tokens by questions to the coordinator. */
class CoordinatorIssuer implements TokenIssuer {
  readonly #namespace: CoordinatorNamespace;
  readonly #name: string;
  readonly #rejectedTokens: RejectedTokens;
  readonly #waitUntil: WaitUntil | undefined;
  /** True until a question has carried the reset: the message `reset` may arrive after a later question. */
  #isResetPending = false;

  constructor(
    namespace: CoordinatorNamespace,
    name: string,
    rejectedTokens: RejectedTokens,
    waitUntil: WaitUntil | undefined,
  ) {
    this.#namespace = namespace;
    this.#name = name;
    this.#rejectedTokens = rejectedTokens;
    this.#waitUntil = waitUntil;
  }

  exchange({ deadlineMs, cancellation, current, lastToken, onProgress }: ExchangeContext) {
    const { timeoutMs, retries } = POLICY;
    const secrets = lastToken ? [lastToken.value] : [];
    const attempt = (timeoutMs: number) => this.#attempt(timeoutMs, current, secrets);
    const run = { cancellation, onProgress, onInstanceEnd() {}, secrets };
    return runExchange(run, (report) =>
      core.runAttempts(timeoutMs, retries, deadlineMs, attempt, asSignal(cancellation), report),
    ) as Promise<ExchangeResult | undefined>;
  }

  /** Asks once. Returns a token, or a failure that is final. Rejects with an error that may be retried. */
  async #attempt(
    timeoutMs: number,
    current: Token | undefined,
    secrets: readonly string[],
  ): Promise<ExchangeResult> {
    const reset = this.#isResetPending;
    const sentAtMs = Date.now();
    try {
      const hash = current && (await sha256(current.value));
      const rejected = await this.#rejectedTokens.hashes();
      const message = { type: "token", current: hash, rejected, reset } as const;
      const answer = await withTimeout(timeoutMs, () => this.#send(message));
      if (reset) {
        this.#isResetPending = false;
      }
      return resultOf(Object(answer) as object, sentAtMs, secrets);
    } catch (thrown) {
      return classifyFailure(thrown, timeoutMs, secrets);
    }
  }

  async replayed(token: Token, unauthorized: boolean): Promise<void> {
    try {
      const hash = await sha256(token.value);
      const isDropped = (await this.#rejectedTokens.hashes()).includes(hash);
      const message = { type: "replayed", hash, unauthorized, isDropped } as const;
      await withTimeout(REPLAY_REPORT_MS, () => this.#send(message));
    } catch {
      // Another isolate will report it.
    }
  }

  reset(): void {
    this.#isResetPending = true;
    const sent = this.#send({ type: "reset" }).catch(() => {});
    try {
      this.#waitUntil?.(sent);
    } catch {
      // The host has refused `waitUntil`. The next question carries the reset.
    }
  }

  async #send(message: Message): Promise<unknown> {
    // A new stub each time: a stub that has failed once may fail for ever.
    const stub = this.#namespace.get(this.#namespace.idFromName(this.#name) as never);
    const answer = await stub.fetch(ADDRESS, {
      method: "POST",
      body: JSON.stringify(message),
    });
    return answer.json();
  }
}

/**
 * Returns the result that an answer means. The answer can be anything, because the class behind a binding is the
 * Worker's own. `secrets` has the last token of this client, which the object may not know.
 */
function resultOf(answer: object, sentAtMs: number, secrets: readonly string[]): ExchangeResult {
  if (hasToken(answer)) {
    const record = checkedRecord(answer, sentAtMs);
    if (record === undefined) {
      throw badResponse(false);
    }
    return record;
  }
  const error = checkedError((answer as { readonly error?: unknown }).error, secrets);
  if (error === undefined) {
    throw badResponse(false);
  }
  return new CoordinatorFailure(error);
}

/** Returns the token of an answer, or `undefined` if it is none. The core checks it like a token from a store. */
function checkedRecord(answer: TokenAnswer, sentAtMs: number): TokenRecord | undefined {
  // A coordinator of an earlier version sends no `tookMs`.
  const { token, endsInMs, tookMs = 0 } = answer;
  const { value, claims, statedEndMs, lifetimeMs, correlationId } = Object(token) as TokenRecord;
  const leftMs = endsInMs - tookMs;
  // The service's clock: a difference between the clocks of the object and the isolate does not matter then.
  const serviceNowMs = statedEndMs - leftMs;
  const areNumbers = [endsInMs, tookMs, statedEndMs, lifetimeMs].every(Number.isFinite);
  if (!areNumbers || serviceNowMs <= 0 || lifetimeMs <= 0) {
    return undefined;
  }
  const wallNowMs = Date.now();
  const expiresAtMs = localExpiryMs(endsInMs, tookMs, sentAtMs, wallNowMs);
  if (expiresAtMs <= wallNowMs) {
    const message = "expected a token in force, found one that expired on its way";
    throw plainError("P4P_TOKEN_UNUSABLE", message, undefined, true); // retryable: the client asks again
  }
  const text = JSON.stringify({ token: value, expiresAt: statedEndMs, correlationId });
  const { environment } = Object(claims) as { readonly environment?: unknown };
  const claimed = typeof environment === "string" ? environment : "";
  const stored = call(() => core.readStored(text, claimed, serviceNowMs));
  return stored.type === "token" ? { ...stored.token, lifetimeMs, expiresAtMs } : undefined;
}

/**
 * Returns the error of an answer, or `undefined` if it is none. Every member has the right type. The code may be one of
 * a later version.
 */
function checkedError(error: unknown, secrets: readonly string[]): AuthError | undefined {
  if (!(isErrorRecord(error) && /^P4P_[A-Z_]+$/.test(error.code))) {
    return undefined;
  }
  const { code, retryable, status, statusCode, retryAfterMs } = error;
  const { message, correlationId, errors, cause } = holdsSecret(JSON.stringify(error), secrets)
    ? { message: "[redacted]", correlationId: null, errors: [], cause: undefined }
    : error;
  const record = {
    code,
    message: typeof message === "string" ? message : "expected a token, found an error",
    retryable: retryable === true,
    status: numberOrNull(status),
    statusCode: numberOrNull(statusCode),
    correlationId: typeof correlationId === "string" ? correlationId : null,
    retryAfterMs: numberOrNull(retryAfterMs),
    errors: Array.isArray(errors) ? errors : [],
  };
  return new AuthError(record, nameAndCode(cause));
}

function numberOrNull(value: unknown): number | null {
  return Number.isFinite(value) && (value as number) >= 0 ? (value as number) : null;
}

function badResponse(retryable: boolean): AuthError {
  const message = "expected a token or an error as the coordinator's answer, found another";
  return plainError("P4P_BAD_RESPONSE", message, undefined, retryable);
}

/** Classifies the error of a failed question: throws an error that may be retried, and returns a final failure. */
function classifyFailure(
  thrown: unknown,
  timeoutMs: number,
  secrets: readonly string[],
): ExchangeResult {
  if (isAuthError(thrown)) {
    throw thrown;
  }
  if (thrown === WAIT_ENDED) {
    const message = `expected an answer of the coordinator within ${timeoutMs} ms, found none`;
    throw plainError("P4P_TIMEOUT", message, undefined, true);
  }
  if (thrown instanceof SyntaxError) {
    throw badResponse(true); // not JSON: an answer that broke off may be whole the next time
  }
  const cause = safeCause(thrown, secrets);
  const expected = "expected an answer of the coordinator, found";
  // Cloudflare marks the error of an overloaded object, and says that it must not be retried.
  if ((thrown as { readonly overloaded?: unknown } | null)?.overloaded === true) {
    const message = `${expected} that its object is overloaded`;
    return new CoordinatorFailure(plainError("P4P_SERVICE_UNAVAILABLE", message, cause, true));
  }
  throw plainError("P4P_NETWORK", `${expected} none`, cause, true);
}
