// A service without a network. Its `fetch` answers at once, and counts the requests.
import { exchangeOver, type Issued } from "./hand-written-exchange.ts";

export const TOKEN_URL = "https://service.example/api/token";
/** The exchange of OAuth's client credentials. */
export const OAUTH_URL = "https://service.example/oauth";
export const BASE_URL = "https://service.example/api";

/** With this padding a token is as long as the contract's example: 650 characters. */
const CONTRACT_PADDING = 376;
const HEADER = encode({ alg: "HS256", typ: "JWT" });
const OK = Promise.resolve(new Response(null, { status: 200 }));

/** Returns a 401 with a body, which some peers read. */
const unauthorized = async () => new Response("unauthorized", { status: 401 });

export interface ServiceSettings {
  /** The lifetime of a token. */
  readonly lifetimeS?: number;
  /** The time of an exchange. */
  readonly latencyMs?: number;
  /** Refuses requests without an accepted token. */
  readonly checksTokens?: boolean;
  /** The number of meaningless characters in the claims. */
  readonly padding?: number;
}

export class StubService {
  exchanges = 0;
  requests = 0;
  /** The lifetime of the next token. */
  lifetimeS: number;
  /** How early a peer renews its token, if that is an option of the peer. */
  readonly renewEarlyMs: number;
  readonly #settings: ServiceSettings;
  /** The accepted tokens, each with its end. */
  readonly #accepted = new Map<string, number>();

  constructor(settings: ServiceSettings = {}) {
    this.#settings = settings;
    this.lifetimeS = settings.lifetimeS ?? 3_600;
    this.renewEarlyMs = Math.min(300_000, this.lifetimeS * 200);
  }

  /** Makes the exchange of this package, for peers that leave the exchange to their user. */
  readonly exchange = exchangeOver((url, init) => this.fetch(url, init), TOKEN_URL);

  readonly fetch = (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    if (input === TOKEN_URL) {
      return this.#answerExchange();
    }
    if (String(input) === OAUTH_URL) {
      return this.#answerOauth();
    }
    this.requests += 1;
    return this.#settings.checksTokens && !this.accepts(tokenOf(input, init)) ? unauthorized() : OK;
  };

  /** Returns true if the service accepts the token now. */
  accepts(token: string | undefined): boolean {
    return Date.now() < (this.#accepted.get(token ?? "") ?? 0);
  }

  /** Refuses every token that was issued so far. */
  revokeAll(): void {
    this.#accepted.clear();
  }

  /** Issues a token, for an exchange of any protocol. */
  async issue(): Promise<Issued> {
    this.exchanges += 1;
    const { latencyMs = 0, padding = CONTRACT_PADDING } = this.#settings;
    if (latencyMs > 0) {
      await new Promise((resolve) => setTimeout(resolve, latencyMs));
    }
    const iat = Math.floor(Date.now() / 1_000);
    const exp = iat + this.lifetimeS;
    const claims = { jti: String(this.exchanges), environment: "TEST", iat, exp };
    const payload = encode({ ...claims, padding: "x".repeat(padding) });
    const token = `${HEADER}.${payload}.c2ln`;
    const expiresAtMs = exp * 1_000;
    if (this.#settings.checksTokens) {
      this.#accepted.set(token, expiresAtMs);
    }
    return { token, expiresAtMs };
  }

  async #answerOauth(): Promise<Response> {
    const { token } = await this.issue();
    const expires_in = this.lifetimeS;
    return Response.json({ access_token: token, token_type: "bearer", expires_in });
  }

  async #answerExchange(): Promise<Response> {
    const { token, expiresAtMs } = await this.issue();
    const data = { token, expiresAt: expiresAtMs / 1_000, tokenType: "Bearer" };
    return Response.json({ success: true, statusCode: 200, correlationId: "id-1", data });
  }
}

function tokenOf(input: string | URL | Request, init: RequestInit | undefined): string | undefined {
  const headers = new Headers(init?.headers ?? (input as Request).headers);
  return headers.get("authorization")?.replace(/^(bearer|token) /i, "");
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
