// A service without a network: its fetch answers at once, and counts.
import { exchangeOver, type Issued } from "./exchange.ts";

export const TOKEN_URL = "https://service.example/api/token";
/** Of OAuth's client credentials. */
export const OAUTH_URL = "https://service.example/oauth";
export const BASE_URL = "https://service.example/api";

/** With this padding a token is as long as the contract's example: 650 characters. */
const AS_THE_CONTRACTS = 376;
const HEADER = encode({ alg: "HS256", typ: "JWT" });
const OK = Promise.resolve(new Response(null, { status: 200 }));

/** Has a body, which some peers read. */
const unauthorized = async () => new Response("unauthorized", { status: 401 });

export interface ServiceSettings {
  /** How long a token lives. */
  readonly lifetimeS?: number;
  /** How long an exchange takes. */
  readonly latencyMs?: number;
  /** Whether requests are refused that have another token than one that is accepted. */
  readonly checksTokens?: boolean;
  /** How many characters its claims have that say nothing. */
  readonly padding?: number;
}

export class StubService {
  exchanges = 0;
  requests = 0;
  /** How long the next token lives. */
  lifetimeS: number;
  /** How early a peer renews its token, if it can be told. */
  readonly renewEarlyMs: number;
  readonly #settings: ServiceSettings;
  /** The tokens that are accepted, and until when. */
  readonly #accepted = new Map<string, number>();

  constructor(settings: ServiceSettings = {}) {
    this.#settings = settings;
    this.lifetimeS = settings.lifetimeS ?? 3_600;
    this.renewEarlyMs = Math.min(300_000, this.lifetimeS * 200);
  }

  /** For peers that leave the exchange to their user: the same request and the same answer as ours. */
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

  /** Whether it accepts a token now. */
  accepts(token: string | undefined): boolean {
    return Date.now() < (this.#accepted.get(token ?? "") ?? 0);
  }

  /** Refuses every token that was issued so far. */
  revokeAll(): void {
    this.#accepted.clear();
  }

  /** A new token, as an exchange of another protocol answers it too. */
  async issue(): Promise<Issued> {
    this.exchanges += 1;
    const { latencyMs = 0, padding = AS_THE_CONTRACTS } = this.#settings;
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
