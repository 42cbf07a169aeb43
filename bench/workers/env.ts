export interface Env {
  /** Of the contract's exchange. */
  readonly TOKEN_URL: string;
  /** Of the exchange of OAuth's client credentials. */
  readonly OAUTH_URL: string;
  readonly API_URL: string;
}
