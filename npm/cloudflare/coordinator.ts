// The one place on Cloudflare's whole network that holds the keys and makes the exchanges.
import { sourceOf } from "../client/client.js";
import type { TokenSource } from "../client/token-source.js";
import { type AuthError, internalError, isAuthError, plainError } from "../errors.js";
import { Transport } from "../fetch/transport.js";
import { CLIENT_OPTIONS, checkOptions, snapshot } from "../options.js";
import { digest } from "../stores/seal.js";
import { recordOf } from "../token.js";
import type { CoordinatorOptions, CoordinatorState } from "../types/cloudflare.js";
import type { ClientEvent } from "../types/index.js";
import type { Answer, Message } from "./messages.js";
import { objectStore } from "./object-store.js";

/** Which option each secret or variable of the Worker's environment is. */
const ENVIRONMENT = {
  publicKey: "PAY4POWER_PUBLIC_KEY",
  privateKey: "PAY4POWER_PRIVATE_KEY",
  environment: "PAY4POWER_ENVIRONMENT",
  tokenUrl: "PAY4POWER_TOKEN_URL",
} as const;

/** When nothing says how long the token is fresh: the service is down, and it is about to end. */
const ANXIOUS_MS = 1_000;

/** How long after a failure without a token the service is asked again, though nobody asks for one. */
const OUTAGE_MS = 60_000;

/** A failure is remembered for no longer than this. `lifecycle::MAX_RETRY_AFTER_MS`. */
const MAX_REMEMBERED_MS = 600_000;

/** How long a refresh under way is waited for, on behalf of who has the present token already. */
const NEWER_MS = 2_000;

export class TokenCoordinator {
  readonly #storage: CoordinatorState["storage"];
  /** Or why there is none: an object that can't be made could not tell. */
  readonly #source: TokenSource | AuthError;

  constructor(state: CoordinatorState, env: unknown, options: CoordinatorOptions = {}) {
    this.#storage = state.storage;
    try {
      const all = {
        ...fromEnvironment(env),
        ...(options.credentials && { publicKey: undefined, privateKey: undefined }),
        ...options,
        store: objectStore(state.storage),
        waitUntil: (promise: Promise<unknown>) => state.waitUntil(promise),
        onEvent: (event: ClientEvent) => {
          if (event.type === "exchange.success" || event.type === "store.hit") {
            state.waitUntil(this.#setAlarm());
          }
          options.onEvent?.(event);
        },
      };
      const own = snapshot(all, CLIENT_OPTIONS);
      this.#source = sourceOf(own, checkOptions(own), new Transport(own.fetch));
    } catch (thrown) {
      this.#source = namingSecrets(internalError(thrown, []));
    }
  }

  async fetch(request: Request): Promise<Response> {
    const message = (await request.json()) as Message;
    try {
      const source = this.#usable();
      switch (message.type) {
        case "token":
          return Response.json(await this.#tokenInTwo(source, message));
        case "replayed":
          await replayed(source, message);
          break;
        case "reset":
          source.reset();
      }
      return Response.json({});
    } catch (thrown) {
      return Response.json({ error: internalError(thrown, []).toJSON() });
    }
  }

  /** Rings when the token is due for a refresh, so that no request has to find out. */
  async alarm(): Promise<void> {
    try {
      const source = this.#usable();
      await source.getToken();
      await source.settled();
      await source.getToken(); // what comes after a refresh that failed
      await this.#setAlarm();
    } catch (thrown) {
      const { code, retryable, retryAfterMs } = internalError(thrown, []);
      if (retryable || code === "P4P_INTERNAL") {
        const askedMs = Math.min(retryAfterMs ?? 0, MAX_REMEMBERED_MS);
        const waitMs = Math.max(askedMs, retryable ? OUTAGE_MS : ANXIOUS_MS);
        await this.#storage.setAlarm(Date.now() + waitMs);
      }
    }
  }

  #usable(): TokenSource {
    if (isAuthError(this.#source)) {
      throw this.#source;
    }
    return this.#source;
  }

  /** What traps is asked once more, of the core that comes after: isolates need not know. */
  async #tokenInTwo(source: TokenSource, message: Message & { type: "token" }): Promise<Answer> {
    try {
      return await this.#token(source, message);
    } catch (thrown) {
      if (internalError(thrown, []).code !== "P4P_INTERNAL") {
        throw thrown;
      }
      return this.#token(source, message);
    }
  }

  async #token(source: TokenSource, message: Message & { type: "token" }): Promise<Answer> {
    const askedAtMs = Date.now();
    if (message.reset) {
      source.reset();
    }
    let token = await source.getToken();
    if (message.rejected.includes(await digest(token.value))) {
      // It may come from the storage of an object that was evicted before anybody told it.
      await source.unauthorized(token, true);
      token = await source.getToken();
    }
    if ((await digest(token.value)) === message.current) {
      // Whoever asks has this one, and serves its callers from it meanwhile.
      await Promise.race([source.settled(), pause(NEWER_MS)]);
      token = await source.getToken();
    }
    const tookMs = Date.now() - askedAtMs;
    return { token: recordOf(token), endsInMs: token.expiresAtMs - askedAtMs, tookMs };
  }

  /** Sees to it that the next refresh begins without a request. */
  async #setAlarm(): Promise<void> {
    const { atHand, freshUntilMs } = this.#usable();
    if (atHand) {
      const now = Date.now();
      await this.#storage.setAlarm(freshUntilMs > now ? freshUntilMs : now + ANXIOUS_MS);
    }
  }
}

async function replayed(
  source: TokenSource,
  { hash, unauthorized, isDropped }: Message & { type: "replayed" },
) {
  const token = source.atHand;
  if (token && (await digest(token.value)) === hash) {
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

function fromEnvironment(env: unknown): CoordinatorOptions {
  const named = Object.entries(ENVIRONMENT).map(([option, name]) => [
    option,
    (env as Record<string, unknown> | undefined)?.[name],
  ]);
  return Object.fromEntries(named.filter(([, value]) => value !== undefined));
}

/** The same error, in the words of who has set the secrets. */
function namingSecrets({ code, message, cause }: AuthError): AuthError {
  const named = message.replace(/`(\w+)`/g, (quoted, option: string) => {
    const secret = ENVIRONMENT[option as keyof typeof ENVIRONMENT];
    return secret === undefined ? quoted : `\`${secret}\` of the Worker's environment`;
  });
  return plainError(code, named, cause);
}
