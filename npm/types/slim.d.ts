/**
 * The same as `pay4power-auth`, for whoever loads the Wasm: streamed, from a place of its own, or
 * as a module that the host compiled.
 * @packageDocumentation
 */
import type { Module, Response } from "./platform.js";

export * from "./index.js";

/** What {@link install} takes: `pay4power-auth/core.wasm`, compiled, as an answer of fetch, or as bytes. */
export type CoreSource = Module | Response | ArrayBuffer | ArrayBufferView;

/**
 * Brings the Wasm. To be awaited before anything else is called, which would fail with
 * `P4P_INVALID_OPTIONS`. A `WebAssembly.Module` is there at once, without waiting. Once it has
 * ended well, further calls change nothing; after a failure it may be called again.
 *
 * An answer is compiled while it arrives where its type is `application/wasm` and the runtime can
 * do that.
 *
 * Rejects with an {@link AuthError} `P4P_INVALID_OPTIONS` when `source` is not core.wasm of this
 * very version, or with what a promise given to it rejects with.
 */
export function install(source: CoreSource | PromiseLike<CoreSource>): Promise<void>;
