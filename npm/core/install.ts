// The function `install` of the slim entry: its caller passes the Wasm.

import { type AuthError, plainError } from "../errors.js";
import { RESEND_GUARDS, removeAnswer } from "../fetch/runtime-guards.js";
import { installRuntimeGuards } from "../fetch/transport.js";
import { isInstance } from "../runtime.js";
import type { CoreSource } from "../types/slim.js";
import { setUnknownModule } from "./call.js";

export async function install(source: CoreSource | PromiseLike<CoreSource>): Promise<void> {
  installRuntimeGuards(RESEND_GUARDS, removeAnswer);
  // Installs a module synchronously, so that a caller that imports one need not await the result.
  const module = isInstance(source, "WebAssembly.Module") ? source : await compile(await source);
  try {
    setUnknownModule(module as WebAssembly.Module);
  } catch (thrown) {
    throw notCore("a module of something else", thrown);
  }
}

async function compile(source: CoreSource): Promise<WebAssembly.Module> {
  if (isInstance(source, "WebAssembly.Module")) {
    return source;
  }
  const response = isInstance(source, "Response") ? (source as Response) : undefined;
  if (response?.ok === false) {
    response.body?.cancel().catch(() => {});
    throw notCore(`an answer with status ${response.status}`);
  }
  try {
    if (response === undefined) {
      return await WebAssembly.compile(source as BufferSource);
    }
    // Streaming accepts only this type, and not every runtime has it.
    const isWasm = response.headers.get("Content-Type") === "application/wasm";
    return isWasm && typeof WebAssembly.compileStreaming === "function"
      ? await WebAssembly.compileStreaming(response)
      : await WebAssembly.compile(await response.arrayBuffer());
  } catch (thrown) {
    throw notCore("what can't be compiled here", thrown);
  }
}

function notCore(found: string, cause?: unknown): AuthError {
  const expected = "core.wasm of this version as a module, an answer or bytes";
  return plainError("P4P_INVALID_OPTIONS", `\`source\` must be ${expected}, found ${found}`, cause);
}
