// What wasm-bindgen generates, wrapped by the build so that every instance has a glue of its own.
export interface Glue {
  exchange(options: object, inBrowser: boolean): Promise<unknown>;
  decodeClaims(token: unknown): unknown;
  isExpired(expiresAtMs: number, nowMs: number, leewayMs: number): unknown;
  expiresInMs(expiresAtMs: number, nowMs: number): unknown;
  invalidOption(name: string, expected: string, found: string): unknown;
  __wbg_set_wasm(exports: WebAssembly.Exports): void;
}
export function createGlue(): Glue;
