// Installs the core from text inside the JavaScript. This file only exports a function, because entries share it: only
// the entries have effects.

import base64 from "../core.wasm.base64";
import { RESEND_GUARDS, removeAnswer } from "../fetch/runtime-guards.js";
import { installRuntimeGuards } from "../fetch/transport.js";
import { setModule } from "./call.js";

export function installInline(): void {
  setModule(new WebAssembly.Module(decode(base64)));
  installRuntimeGuards(RESEND_GUARDS, removeAnswer);
}

function decode(text: string): BufferSource {
  const { Buffer } = globalThis as {
    Buffer?: { from(text: string, encoding: "base64"): Uint8Array<ArrayBuffer> };
  };
  return Buffer
    ? Buffer.from(text, "base64")
    : Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
