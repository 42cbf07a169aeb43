// The environment of the Workers in this folder: the addresses of the service.
export interface Env {
  /** The exchange of the contract. */
  readonly TOKEN_URL: string;
  /** The exchange of OAuth's client credentials. */
  readonly OAUTH_URL: string;
  readonly API_URL: string;
}
