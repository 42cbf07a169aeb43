// Types of the platform, as the program's own types have them: those of lib.dom, of @types/node, of
// @cloudflare/workers-types. So this package's declarations compile with any of these and with none.

type Global<Name extends string, Otherwise> = typeof globalThis extends {
  readonly [name in Name]: { readonly prototype: infer Type };
}
  ? Type
  : Otherwise;

export type AbortSignal = Global<"AbortSignal", { readonly aborted: boolean }>;
export type URL = Global<"URL", { readonly href: string }>;
export type Request = Global<"Request", { readonly url: string }>;
export type Response = Global<"Response", { readonly status: number }>;

type Fetch = typeof globalThis extends {
  fetch: infer Type extends (...given: never) => unknown;
}
  ? Type
  : (input: string, init?: object) => Promise<Response>;
export type RequestInit = Fetch extends (input: never, init?: infer Init) => unknown
  ? Init
  : object;

export type Module = typeof globalThis extends {
  WebAssembly: { Module: { prototype: infer Type } };
}
  ? Type
  : object;

/** A member that `using` calls, where the language level has it. */
export type Disposing = SymbolConstructor extends { readonly dispose: infer Name extends symbol }
  ? { [name in Name]: () => void }
  : object;
