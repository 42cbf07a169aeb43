// What wasm-bindgen generates, wrapped by the build so that every instance has a glue of its own.
export interface Glue {
  open(
    timeoutMs: number,
    retries: number,
    deadlineMs: number,
    refreshAhead: number,
    hasStore: boolean,
  ): number;
  close(client: number): void;
  tell(
    client: number,
    event: number,
    nowMs: number,
    subject?: number,
    first?: number,
    second?: number,
    error?: object,
  ): unknown;
  restore(text: string, environment: string, nowMs: number): unknown;
  checkClient(options: object, inBrowser: boolean): unknown;
  checkKeyless(options: object): unknown;
  resolve(base: string | null, input: string): unknown;
  exchange(options: object, inBrowser: boolean): unknown;
  resume(task: number, value: unknown, why: number): unknown;
  decodeClaims(token: unknown): unknown;
}
/**
 * Makes an instance of the core, whose exports are used as `guard` gives them back. Throws when
 * `module` is something else.
 */
export function createGlue(
  module: WebAssembly.Module,
  guard: (exports: WebAssembly.Exports) => WebAssembly.Exports,
): Glue;
