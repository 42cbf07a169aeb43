// The issuer that exchanges the keys for a token with the service.
import { monotonicMs } from "../clock.js";
import { AuthError, isAuthError } from "../errors.js";
import type { Transport } from "../fetch/transport.js";
import * as core from "../generated/core.js";
import type { Snapshot } from "../options.js";
import { ExchangeRequests } from "./exchange-requests.js";
import type { ExchangeContext, TokenIssuer } from "./issuer.js";
import type { KeySource } from "./key-source.js";
import { asSignal, runExchange } from "./run-exchange.js";

type ServiceResult = core.TokenRecord | AuthError;

/** Issues tokens by exchanges with the service. */
export class ServiceIssuer implements TokenIssuer {
  readonly #keySource: KeySource;
  readonly #timeoutMs: number;
  readonly #transport: Transport;

  /** `timeoutMs` is how long a call of `credentials` may take, in milliseconds. */
  constructor(keySource: KeySource, timeoutMs: number, transport: Transport) {
    this.#keySource = keySource;
    this.#timeoutMs = timeoutMs;
    this.#transport = transport;
  }

  get lacksKeys(): boolean {
    return this.#keySource.options === undefined;
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
  async exchange(context: ExchangeContext): Promise<ServiceResult | undefined> {
    const begunMs = monotonicMs();
    const { deadlineMs, cancellation, onProgress } = context;
    const leftMs = () => deadlineMs - Math.ceil(Math.max(0, monotonicMs() - begunMs));
    const result = await this.#attempts(context);
    const isRejected = isAuthError(result) && result.code === "P4P_CREDENTIALS_REJECTED";
    if (!isRejected || !this.#keySource.hasFunction || leftMs() < 1) {
      return result;
    }
    let failure: AuthError | undefined;
    const hasOtherKeys = await this.#ask(context, leftMs(), result).catch((thrown: unknown) => {
      failure = isAuthError(thrown) ? thrown : undefined;
      return false;
    });
    if (cancellation.aborted) {
      return undefined;
    }
    if (!hasOtherKeys) {
      return failure ? new AuthError(result, failure) : result; // the rejected keys are the main error
    }
    onProgress({ step: "wait", attempt: 1, untilMs: monotonicMs(), waitMs: 0, error: result });
    return this.#attempts({ ...context, deadlineMs: Math.max(1, leftMs()) });
  }

  /** Asks for the keys. `error` is the rejection of the last keys, if any. Returns true if the keys have changed. */
  #ask(
    { onProgress, cancellation }: ExchangeContext,
    leftMs: number,
    error: AuthError | undefined,
  ): Promise<boolean> {
    const ms = Math.min(this.#timeoutMs, leftMs);
    onProgress({ step: "credentials", untilMs: monotonicMs() + ms, error });
    return this.#keySource.ask(ms, cancellation);
  }

  #attempts(context: ExchangeContext): Promise<ServiceResult | undefined> {
    const { deadlineMs, cancellation, onProgress, lastToken } = context;
    const { options } = this.#keySource;
    const lastValue = lastToken ? [lastToken.value] : [];
    const secrets = [...this.#keySource.secrets, ...lastValue];
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
