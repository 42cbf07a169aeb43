// The coordinator: the one Durable Object of a whole network that holds the keys and makes the exchanges.
import { sourceOf } from "../client/client.js";
import type { TokenSource } from "../client/token-source.js";
import { type AuthError, internalError, isAuthError, plainError } from "../errors.js";
import { Transport } from "../fetch/transport.js";
import { CLIENT_OPTIONS, checkOptions, ownOptionsOf } from "../options.js";
import { sha256 } from "../sha256.js";
import { recordOf } from "../token.js";
import type { CoordinatorOptions, CoordinatorState } from "../types/cloudflare.js";
import type { ClientEvent } from "../types/index.js";
import type { CoordinatorAnswer, Message } from "./messages.js";
import { objectStore } from "./object-store.js";

/** The name of the secret or variable in the Worker's environment that holds each option. */
const VARIABLES = {
  publicKey: "PAY4POWER_PUBLIC_KEY",
  privateKey: "PAY4POWER_PRIVATE_KEY",
  environment: "PAY4POWER_ENVIRONMENT",
  tokenUrl: "PAY4POWER_TOKEN_URL",
  authorization: "PAY4POWER_AUTHORIZATION",
} as const;

/**
 * The delay of the next alarm while a refresh is overdue, in milliseconds: the service is down, and the token is about
 * to end. Also after a defect.
 */
const OVERDUE_ALARM_MS = 1_000;

/** The delay of the next alarm after a failure without a token, in milliseconds. No request is needed to ask again. */
const OUTAGE_ALARM_MS = 60_000;

/** The longest time that a failure is remembered, in milliseconds. The same as `lifecycle::MAX_RETRY_AFTER_MS`. */
const MAX_RETRY_AFTER_MS = 600_000;

/** How long a question for a newer token waits for an in-flight refresh, in milliseconds. */
const REFRESH_WAIT_MS = 2_000;

export class TokenCoordinator {
  readonly #storage: CoordinatorState["storage"];
  /** The source, or the error of its options. The constructor must not throw: then no isolate would get the error. */
  readonly #source: TokenSource | AuthError;

  constructor(state: CoordinatorState, env: unknown, options: CoordinatorOptions = {}) {
    this.#storage = state.storage;
    try {
      const given = ownOptionsOf(options, CLIENT_OPTIONS) as CoordinatorOptions;
      const clientOptions = {
        ...fromEnvironment(env ?? {}),
        ...(given.credentials && { publicKey: undefined, privateKey: undefined }),
        ...given,
        store: objectStore(state.storage),
        waitUntil: (promise: Promise<unknown>) => state.waitUntil(promise),
        onEvent: (event: ClientEvent) => {
          if (event.type === "exchange.success" || event.type === "store.hit") {
            state.waitUntil(this.#setAlarm());
          }
          given.onEvent?.(event);
        },
      };
      const ownOptions = ownOptionsOf(clientOptions, CLIENT_OPTIONS);
      this.#source = sourceOf(
        ownOptions,
        checkOptions(ownOptions),
        new Transport(ownOptions.fetch),
      );
    } catch (thrown) {
      this.#source = withSecretNames(internalError(thrown, []));
    }
  }

  async fetch(request: Request): Promise<Response> {
    const message = (await request.json()) as Message;
    try {
      const source = this.#sourceOrThrow();
      switch (message.type) {
        case "token":
          return Response.json(await this.#tokenDespiteTrap(source, message));
        case "replayed":
          await reportReplay(source, message);
          break;
        case "reset":
          source.reset();
      }
      return Response.json({});
    } catch (thrown) {
      return Response.json({ error: internalError(thrown, []).toJSON() });
    }
  }

  /** Refreshes the token when it is due, so that no request has to wait for a refresh. */
  async alarm(): Promise<void> {
    try {
      const source = this.#sourceOrThrow();
      await source.getToken();
      await source.settled();
      await source.getToken(); // if the refresh failed, the lifecycle says here what follows
      await this.#setAlarm();
    } catch (thrown) {
      const { code, retryable, retryAfterMs } = internalError(thrown, []);
      if (retryable || code === "P4P_INTERNAL") {
        const requestedMs = Math.min(retryAfterMs ?? 0, MAX_RETRY_AFTER_MS);
        const waitMs = Math.max(requestedMs, retryable ? OUTAGE_ALARM_MS : OVERDUE_ALARM_MS);
        await this.#storage.setAlarm(Date.now() + waitMs);
      }
    }
  }

  /** Returns the source. Throws the error of its options if there is none. */
  #sourceOrThrow(): TokenSource {
    if (isAuthError(this.#source)) {
      throw this.#source;
    }
    return this.#source;
  }

  /** Answers a question for a token. After a trap, asks the new core once more, so that isolates see no trap. */
  async #tokenDespiteTrap(
    source: TokenSource,
    message: Message & { type: "token" },
  ): Promise<CoordinatorAnswer> {
    try {
      return await this.#token(source, message);
    } catch (thrown) {
      if (internalError(thrown, []).code !== "P4P_INTERNAL") {
        throw thrown;
      }
      return this.#token(source, message);
    }
  }

  async #token(
    source: TokenSource,
    message: Message & { type: "token" },
  ): Promise<CoordinatorAnswer> {
    const askedAtMs = Date.now();
    if (message.reset) {
      source.reset();
    }
    let token = await source.getToken();
    if (message.rejected.includes(await sha256(token.value))) {
      // The token may come from the storage: an earlier object was evicted before it heard of the rejection.
      await source.unauthorized(token, true);
      token = await source.getToken();
    }
    if ((await sha256(token.value)) === message.current) {
      // The isolate has this token already, and serves its callers from it during this wait.
      await Promise.race([source.settled(), pause(REFRESH_WAIT_MS)]);
      token = await source.getToken();
    }
    const tookMs = Date.now() - askedAtMs;
    return { token: recordOf(token), endsInMs: token.expiresAtMs - askedAtMs, tookMs };
  }

  /** Sets the alarm, so that the next refresh begins without a request. */
  async #setAlarm(): Promise<void> {
    const { current, leaseEndMs } = this.#sourceOrThrow();
    if (current) {
      const wallNowMs = Date.now();
      await this.#storage.setAlarm(
        leaseEndMs > wallNowMs ? leaseEndMs : wallNowMs + OVERDUE_ALARM_MS,
      );
    }
  }
}

/** Reports the answer to a replay, if it was made with the current token. */
async function reportReplay(
  source: TokenSource,
  { hash, unauthorized, isDropped }: Message & { type: "replayed" },
) {
  const token = source.current;
  if (token && (await sha256(token.value)) === hash) {
    if (isDropped) {
      await source.unauthorized(token, false);
    } else {
      await source.replayed(token, unauthorized);
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Reads the variables of the environment itself: a polluted `Object.prototype` could send the keys elsewhere. */
function fromEnvironment(env: object): CoordinatorOptions {
  const named = Object.entries(VARIABLES).filter(([, name]) => Object.hasOwn(env, name));
  return Object.fromEntries(
    named.map(([option, name]) => [option, (env as Record<string, unknown>)[name]]),
  );
}

/** Returns the same error with the names of the secrets in place of the names of the options. */
function withSecretNames({ code, message, cause }: AuthError): AuthError {
  const named = message.replace(/`(\w+)`/g, (quoted, option: string) => {
    const secret = VARIABLES[option as keyof typeof VARIABLES];
    return secret === undefined ? quoted : `\`${secret}\` of the Worker's environment`;
  });
  return plainError(code, named, cause);
}
