// A client whose tokens come from a coordinator. It holds no keys.

import { describe, invalidOption } from "../arguments.js";
import { Client } from "../client/client.js";
import {
  type ExchangeContext,
  type Outcome,
  type TokenIssuer,
  UpstreamFailure,
} from "../client/issuer.js";
import { RejectedTokens } from "../client/rejected-tokens.js";
import { asSignal, runExchange } from "../client/run-exchange.js";
import { TokenSource, type WaitUntil } from "../client/token-source.js";
import { TIMED_OUT, withTimeout } from "../clock.js";
import { call } from "../core/call.js";
import {
  AuthError,
  holdsSecret,
  isAuthError,
  isErrorRecord,
  plainError,
  safeCause,
} from "../errors.js";
import { Transport } from "../fetch/transport.js";
import * as core from "../generated/core.js";
import { checkKeyless, snapshot } from "../options.js";
import { digest } from "../stores/seal.js";
import type { Token, TokenRecord } from "../token.js";
import type { CoordinatorClientOptions, CoordinatorNamespace } from "../types/cloudflare.js";
import type { Client as PublicClient } from "../types/index.js";
import { ADDRESS, endOf, hasToken, type Message, type TokenAnswer } from "./messages.js";

/**
 * The coordinator tries by itself, for as long as it takes. Here it is only reached, again and again
 * when it can't be; and asked for a new token after it has begun to refresh its own, with 0.2.
 *
 * The timeout is longer than an object with too much to do lets a question wait for its turn. With a
 * shorter one its answers would come when nobody waits for them any more, and all who ask again
 * would keep it that busy for ever.
 */
const POLICY = { timeoutMs: 10_000, retries: 5, deadlineMs: 30_000, refreshAhead: 0.1 };
/** Those that it takes of a client's, and the name of the object. */
const OPTIONS = ["name", "baseUrl", "fetch", "requestTimeoutMs", "onEvent", "waitUntil"] as const;
/** How long the news of a replay may hold up the request that brings them. */
const NEWS_MS = 1_000;

export function coordinatorClient(
  namespace: CoordinatorNamespace,
  options: CoordinatorClientOptions,
): PublicClient {
  const own = snapshot(options, OPTIONS);
  const { name = "default", onEvent, waitUntil } = own;
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
  const baseUrl = checkKeyless(own);
  const rejectedTokens = new RejectedTokens();
  const coordinator = new CoordinatorIssuer(
    namespace,
    name,
    rejectedTokens,
    waitUntil as WaitUntil,
  );
  const policy = { ...POLICY, hasStore: false };
  const source = new TokenSource({
    policy,
    issuer: coordinator,
    rejectedTokens,
    onEvent,
    waitUntil,
  });
  return new Client(source, baseUrl, new Transport(own.fetch), own.requestTimeoutMs);
}

/** The coordinator, seen from an isolate. */
class CoordinatorIssuer implements TokenIssuer {
  readonly #namespace: CoordinatorNamespace;
  readonly #name: string;
  readonly #rejectedTokens: RejectedTokens;
  readonly #waitUntil: WaitUntil | undefined;
  /** Told with the next question too: of two messages the later one may come first. */
  #isReset = false;
  /** The last one of which it was told so: thousands of requests may be sent again with it. */
  #accepted: Token | undefined;

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

  exchange({ deadlineMs, cancellation, current, last, onProgress }: ExchangeContext) {
    const { timeoutMs, retries } = POLICY;
    const secrets = last ? [last.value] : [];
    const attempt = (timeoutMs: number) => this.#attempt(timeoutMs, current, secrets);
    const run = { cancellation, onProgress, onTrap() {}, secrets };
    return runExchange(run, (report) =>
      core.repeatAttempts(timeoutMs, retries, deadlineMs, attempt, asSignal(cancellation), report),
    ) as Promise<Outcome | undefined>;
  }

  /** A token, or a refusal. Rejects when the coordinator can't be reached. */
  async #attempt(
    timeoutMs: number,
    current: Token | undefined,
    secrets: readonly string[],
  ): Promise<Outcome> {
    const reset = this.#isReset;
    const sentAtMs = Date.now();
    try {
      const hash = current && (await digest(current.value));
      const rejected = await this.#rejectedTokens.hashes();
      const message = { type: "token", current: hash, rejected, reset } as const;
      const answer = await withTimeout(timeoutMs, () => this.#send(message));
      if (reset) {
        this.#isReset = false;
      }
      return outcomeOf(Object(answer) as object, sentAtMs, secrets);
    } catch (thrown) {
      return unreachable(thrown, timeoutMs, secrets);
    }
  }

  async replayed(token: Token, unauthorized: boolean): Promise<void> {
    if (!unauthorized) {
      if (token === this.#accepted) {
        return;
      }
      this.#accepted = token;
    }
    try {
      const hash = await digest(token.value);
      const isDropped = (await this.#rejectedTokens.hashes()).includes(hash);
      const message = { type: "replayed", hash, unauthorized, isDropped } as const;
      await withTimeout(NEWS_MS, () => this.#send(message));
    } catch {
      // It will hear of it from somebody else.
    }
  }

  reset(): void {
    this.#isReset = true;
    const sent = this.#send({ type: "reset" }).catch(() => {});
    try {
      this.#waitUntil?.(sent);
    } catch {
      // Then the next question tells it.
    }
  }

  async #send(message: Message): Promise<unknown> {
    // A new stub each time: one that has failed once may do so for ever.
    const stub = this.#namespace.get(this.#namespace.idFromName(this.#name) as never);
    const answer = await stub.fetch(ADDRESS, {
      method: "POST",
      body: JSON.stringify(message),
    });
    return answer.json();
  }
}

/**
 * What an answer means, which can be anything: the class behind a binding is the Worker's own. The object may not know
 * the token that this client held last.
 */
function outcomeOf(answer: object, sentAtMs: number, secrets: readonly string[]): Outcome {
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
  return new UpstreamFailure(error);
}

/** The token, if it is one. The core checks it as it checks one of a store. */
function checkedRecord(answer: TokenAnswer, sentAtMs: number): TokenRecord | undefined {
  // A Worker of an earlier version does not tell how long it took.
  const { token, endsInMs, tookMs = 0 } = answer;
  const { value, claims, statedEndMs, lifetimeMs, correlationId } = Object(token) as TokenRecord;
  const leftMs = endsInMs - tookMs;
  // By the service's clock: what the clocks of the object and the isolate say is no matter then.
  const serviceNowMs = statedEndMs - leftMs;
  const areNumbers = [endsInMs, tookMs, statedEndMs, lifetimeMs].every(Number.isFinite);
  if (!areNumbers || serviceNowMs <= 0 || lifetimeMs <= 0) {
    return undefined;
  }
  const nowMs = Date.now();
  const expiresAtMs = endOf(endsInMs, tookMs, sentAtMs, nowMs);
  if (expiresAtMs <= nowMs) {
    const message = "expected a token in force, found one that expired on its way";
    throw plainError("P4P_TOKEN_UNUSABLE", message, undefined, true); // and so asked for again
  }
  const text = JSON.stringify({ token: value, expiresAt: statedEndMs, correlationId });
  const { environment } = Object(claims) as { readonly environment?: unknown };
  const own = typeof environment === "string" ? environment : "";
  const stored = call(() => core.readStored(text, own, serviceNowMs));
  return stored.type === "token" ? { ...stored.token, lifetimeMs, expiresAtMs } : undefined;
}

/** The error, with members of the types that they must be. Its code may be one of a later version. */
function checkedError(error: unknown, secrets: readonly string[]): AuthError | undefined {
  if (!(isErrorRecord(error) && /^P4P_[A-Z_]+$/.test(error.code))) {
    return undefined;
  }
  const { code, retryable, status, statusCode, retryAfterMs } = error;
  const { message, correlationId, errors } = holdsSecret(JSON.stringify(error), secrets)
    ? { message: "[redacted]", correlationId: null, errors: [] }
    : error;
  return new AuthError({
    code,
    message: typeof message === "string" ? message : "expected a token, found an error",
    retryable: retryable === true,
    status: numberOrNull(status),
    statusCode: numberOrNull(statusCode),
    correlationId: typeof correlationId === "string" ? correlationId : null,
    retryAfterMs: numberOrNull(retryAfterMs),
    errors: Array.isArray(errors) ? errors : [],
  });
}

function numberOrNull(value: unknown): number | null {
  return Number.isFinite(value) && (value as number) >= 0 ? (value as number) : null;
}

function badResponse(retryable: boolean): AuthError {
  const message = "expected a token or an error as the coordinator's answer, found another";
  return plainError("P4P_BAD_RESPONSE", message, undefined, retryable);
}

/** Why the coordinator can't be reached: to be thrown, or final. */
function unreachable(thrown: unknown, timeoutMs: number, secrets: readonly string[]): Outcome {
  if (isAuthError(thrown)) {
    throw thrown;
  }
  if (thrown === TIMED_OUT) {
    const message = `expected an answer of the coordinator within ${timeoutMs} ms, found none`;
    throw plainError("P4P_TIMEOUT", message, undefined, true);
  }
  if (thrown instanceof SyntaxError) {
    throw badResponse(true); // no JSON: what fails in the middle of it may pass
  }
  const message = "expected an answer of the coordinator, found none";
  const cause = safeCause(thrown, secrets);
  // What Cloudflare says of an object that has too much to do: do not try again.
  if ((thrown as { readonly overloaded?: unknown } | null)?.overloaded === true) {
    return new UpstreamFailure(plainError("P4P_SERVICE_UNAVAILABLE", message, cause, true));
  }
  throw plainError("P4P_NETWORK", message, cause, true);
}
