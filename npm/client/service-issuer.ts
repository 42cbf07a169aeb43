// The issuer that exchanges the keys for a token with the service.
import { steadyMs } from "../clock.js";
import { AuthError, isAuthError } from "../errors.js";
import type { Init } from "../fetch/request.js";
import type { Transport } from "../fetch/transport.js";
import * as core from "../generated/core.js";
import type { Snapshot } from "../options.js";
import type { Credentials } from "./credentials.js";
import type { ExchangeContext, Outcome, TokenIssuer } from "./issuer.js";
import { asSignal, runExchange } from "./run-exchange.js";

/** Issues tokens by exchanges with the service. */
export class ServiceIssuer implements TokenIssuer {
  readonly #credentials: Credentials;
  readonly #timeoutMs: number;
  readonly #transport: Transport;

  /** `timeoutMs` is how long a call of `credentials` may take, in milliseconds. */
  constructor(credentials: Credentials, timeoutMs: number, transport: Transport) {
    this.#credentials = credentials;
    this.#timeoutMs = timeoutMs;
    this.#transport = transport;
  }

  get lacksKeys(): boolean {
    return this.#credentials.options === undefined;
  }

  async getKeys(context: ExchangeContext): Promise<AuthError | undefined> {
    try {
      await this.#ask(context, context.deadlineMs, undefined);
      return undefined;
    } catch (thrown) {
      if (!isAuthError(thrown)) {
        throw thrown; // a framework's control flow
      }
      return context.cancellation.aborted ? undefined : thrown;
    }
  }

  /** Makes one exchange. If the service rejects the keys, asks for other keys and makes another exchange with them. */
  async exchange(context: ExchangeContext): Promise<Outcome | undefined> {
    const begunMs = steadyMs();
    const { deadlineMs, cancellation, onProgress } = context;
    const leftMs = () => deadlineMs - Math.ceil(Math.max(0, steadyMs() - begunMs));
    const outcome = await this.#attempts(context);
    const isRejected = isAuthError(outcome) && outcome.code === "P4P_CREDENTIALS_REJECTED";
    if (!isRejected || !this.#credentials.canBeAsked || leftMs() < 1) {
      return outcome;
    }
    let failure: AuthError | undefined;
    const hasOtherKeys = await this.#ask(context, leftMs(), outcome).catch((thrown: unknown) => {
      failure = isAuthError(thrown) ? thrown : undefined;
      return false;
    });
    if (cancellation.aborted) {
      return undefined;
    }
    if (!hasOtherKeys) {
      return failure ? new AuthError(outcome, failure) : outcome; // the rejected keys are the main error
    }
    onProgress({ reason: "wait", attempt: 1, untilMs: steadyMs(), waitMs: 0, error: outcome });
    return this.#attempts({ ...context, deadlineMs: Math.max(1, leftMs()) });
  }

  /** Asks for the keys. `error` is the rejection of the last keys, if any. Returns true if the keys have changed. */
  #ask(
    { onProgress, cancellation }: ExchangeContext,
    leftMs: number,
    error: AuthError | undefined,
  ): Promise<boolean> {
    const ms = Math.min(this.#timeoutMs, leftMs);
    onProgress({ reason: "credentials", untilMs: steadyMs() + ms, error });
    return this.#credentials.ask(ms, cancellation);
  }

  #attempts(context: ExchangeContext): Promise<Outcome | undefined> {
    const { deadlineMs, cancellation, onProgress, lastToken } = context;
    const { options } = this.#credentials;
    const lastValue = lastToken ? [lastToken.value] : [];
    const secrets = [...this.#credentials.secrets, ...lastValue];
    const formerSecrets = [options?.formerPrivateKey ?? "", ...lastValue];
    const coreOptions: Snapshot = Object.assign(Object.create(null), options, {
      deadlineMs,
      formerSecrets: formerSecrets.join("\n"),
    });
    const requests = new ExchangeRequests(this.#transport);
    const onInstanceEnd = () => requests.abortAll();
    return runExchange({ cancellation, onProgress, onInstanceEnd, secrets }, (report) =>
      core.authenticate(coreOptions, requests.fetch, asSignal(cancellation), report),
    );
  }
}

/** Sends the requests of an exchange, one after the other. */
class ExchangeRequests {
  readonly #transport: Transport;
  #controller: AbortController | undefined;
  #isOver = false;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The function `fetch` that the core calls. */
  readonly fetch = (address: string, init: Init): Promise<Response> => {
    const controller = new AbortController();
    this.#controller = controller;
    if (this.#isOver) {
      this.#abort();
    }
    init.signal?.addEventListener("abort", () => this.#abort());
    const answer = this.#send(
      address,
      Object.assign(init, uncached(), { signal: controller.signal }),
    );
    answer.catch(() => {}); // the core may trap before it waits for the answer
    return answer;
  };

  async #send(address: string, init: Init): Promise<Response> {
    const body = init.body as string;
    const overrides = await this.#transport.preventResend("POST", { body, copy: body }, init);
    overrides.addHeaders?.(init.headers as Headers);
    const { fetch } = this.#transport; // called unbound
    return await fetch(address, Object.assign(init, overrides.init?.()) as RequestInit);
  }

  /**
   * Aborts the last request and every later one. A core that has trapped can't abort them itself. If it is still on
   * the stack, it may send one more request.
   */
  abortAll(): void {
    this.#isOver = true;
    this.#abort();
  }

  #abort(): void {
    try {
      this.#controller?.abort();
    } catch {
      // On Workers, a request can't abort what another request has begun. That ends by itself.
    }
  }
}

let noStore: { readonly cache?: "no-store" } | undefined;

/**
 * Returns the options that keep an exchange out of caches: Next.js would write the token to disk, in the clear. Tests
 * once whether the runtime accepts `cache`, because older builds of workerd refuse it.
 */
function uncached(): { readonly cache?: "no-store" } {
  if (noStore === undefined) {
    const init = { cache: "no-store" } as const;
    try {
      new Request("https://example.com", init);
      noStore = init;
    } catch {
      noStore = {};
    }
  }
  return noStore;
}
