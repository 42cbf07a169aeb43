// One exchange, as the commands make it.
import { type AuthError, createClient, isAuthError, type Token } from "pay4power-auth";
import { withProgress } from "./progress.ts";
import { hostOf, readSettings, type Settings, type SettingsOptions } from "./settings.ts";

export interface ExchangeOptions extends SettingsOptions {
  readonly json?: true;
}

/** What is known of an exchange, however it ended. */
export interface Exchange {
  readonly settings: Settings;
  /** The host that was asked; `null` if nothing was sent. */
  readonly host: string | null;
  readonly durationMs: number;
  /** The number of attempts. */
  readonly attempts: number;
}

export interface Success extends Exchange {
  readonly token: Token;
}

/** An exchange that failed with an error of the package. */
export class ExchangeFailure extends Error {
  readonly error: AuthError;
  readonly exchange: Exchange;

  constructor(error: AuthError, exchange: Exchange) {
    super(error.message);
    this.error = error;
    this.exchange = exchange;
  }
}

/** Makes one exchange, or throws `ExchangeFailure`. */
export async function exchange(options: ExchangeOptions): Promise<Success> {
  const settings = await readSettings(options);
  const host = hostOf(settings) ?? null;
  const question = `Asking ${host ?? "the service"} for a token`;
  const startedAtMs = performance.now();
  let attempts = 0;
  const known = (): Exchange => ({
    settings,
    host: attempts > 0 ? host : null,
    durationMs: Math.round(performance.now() - startedAtMs),
    attempts,
  });
  return withProgress(question, !options.json, async (setText) => {
    try {
      const token = await getToken(settings, (attempt, reason) => {
        attempts = attempt;
        setText(
          reason === undefined ? question : `${question}: attempt ${attempt}, after ${reason}`,
        );
      });
      return { token, ...known() };
    } catch (error) {
      throw isAuthError(error) ? new ExchangeFailure(error, known()) : error;
    }
  });
}

/** Gets a token. Calls `onAttempt` when an attempt begins, with the code of the failure before it. */
async function getToken(
  { publicKey, privateKey, environment, tokenUrl, authorization }: Settings,
  onAttempt: (attempt: number, reason: string | undefined) => void,
): Promise<Token> {
  let reason: string | undefined;
  const client = createClient({
    publicKey,
    privateKey,
    environment,
    tokenUrl,
    authorization,
    onEvent(event) {
      if (event.type === "exchange.start") {
        onAttempt(event.attempt, reason);
      } else if (event.type === "retry") {
        reason = event.reason;
      }
    },
  });
  try {
    return await client.getToken();
  } finally {
    client.close();
  }
}
