// The Wasm as text within JavaScript. A function, for the entries share it: only these have effects.
import { install } from "./core.js";
import base64 from "./core.wasm.base64";
import { GUARDS } from "./guards.js";
import { installGuards } from "./transport.js";

export function installInline(): void {
  install(new WebAssembly.Module(decode(base64)));
  installGuards(GUARDS);
}

function decode(text: string): BufferSource {
  const { Buffer } = globalThis as {
    Buffer?: { from(text: string, encoding: "base64"): Uint8Array<ArrayBuffer> };
  };
  return Buffer
    ? Buffer.from(text, "base64")
    : Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
