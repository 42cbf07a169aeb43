/**
 * The same exports as `pay4power-auth`, and `install`, by which you load the Wasm yourself: streamed, from an address of
 * your own, or as a module that the host compiled.
 * @packageDocumentation
 */
import type { Module, Response } from "./platform.js";

export * from "./index.js";

/** The Wasm (`pay4power-auth/core.wasm`) as {@link install} takes it: compiled, as an answer of fetch, or as bytes. */
export type CoreSource = Module | Response | ArrayBuffer | ArrayBufferView;

/**
 * Loads the Wasm. Await it before you call anything else: other calls fail with `P4P_INVALID_OPTIONS` until then. A
 * `WebAssembly.Module` is ready at once, without a wait. After a success, further calls change nothing. After a failure
 * you may call it again.
 *
 * The runtime compiles an answer of fetch while it arrives, if its type is `application/wasm` and the runtime has
 * `WebAssembly.compileStreaming`.
 *
 * Rejects with an {@link AuthError} `P4P_INVALID_OPTIONS` if `source` is not core.wasm of exactly this version. If
 * `source` is a promise that rejects, rejects with the same reason.
 *
 * @example
 * ```ts
 * import { install } from "pay4power-auth/slim";
 *
 * await install(fetch(new URL("pay4power-auth/core.wasm", import.meta.url)));
 * ```
 */
export function install(source: CoreSource | PromiseLike<CoreSource>): Promise<void>;
