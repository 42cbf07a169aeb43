// The platform's types, taken from the program's own types: lib.dom, @types/node or @cloudflare/workers-types.
// So this package's declarations compile with each of these and with none of them.

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

/** The method that `using` calls, if the language level has it. */
export type Disposing = SymbolConstructor extends { readonly dispose: infer Name extends symbol }
  ? { [name in Name]: () => void }
  : object;
