// What wasm-bindgen generates, wrapped by the build so that every instance has a glue of its own.
export interface Lifecycle {
  ask(seenMs: number, nowMs: number, askedAtMs: number | undefined): unknown;
  attempt(nowMs: number, exchange: number): number | undefined;
  succeeded(
    nowMs: number,
    exchange: number,
    endsInMs: number,
    lifetimeMs: number,
    jitter: number,
  ): unknown;
  failed(nowMs: number, exchange: number, error: object, jitter: number): unknown;
  unauthorized(nowMs: number, token: number): boolean;
  replayed(nowMs: number, token: number, unauthorized: boolean): void;
  invalidate(token: number | undefined): void;
  reset(): boolean;
  free(): void;
}
export interface Glue {
  readonly Lifecycle: new (
    timeoutMs: number,
    retries: number,
    deadlineMs: number,
    refreshAhead: number,
  ) => Lifecycle;
  checkClient(options: object, inBrowser: boolean): unknown;
  resolve(base: string | null, input: string): unknown;
  forbiddenOrigin(): unknown;
  closed(): unknown;
  exchange(options: object, inBrowser: boolean): Promise<unknown>;
  decodeClaims(token: unknown): unknown;
  isExpired(expiresAtMs: number, nowMs: number, leewayMs: number): unknown;
  expiresInMs(expiresAtMs: number, nowMs: number): unknown;
  invalidOption(name: string, expected: string, found: string): unknown;
  __wbg_set_wasm(exports: WebAssembly.Exports): void;
}
export function createGlue(): Glue;
