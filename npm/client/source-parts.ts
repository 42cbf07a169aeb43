// The parts that a source of tokens is made of.
import type { SealedStore } from "../stores/sealed-store.js";
import type { Emit } from "./events.js";
import type { TokenIssuer } from "./issuer.js";
import type { KeySource } from "./key-source.js";
import type { LifecyclePolicy } from "./lifecycle.js";
import type { RejectedTokens } from "./rejected-tokens.js";
import type { TokenHolder } from "./token-holder.js";

export interface SourceParts {
  readonly policy: LifecyclePolicy;
  readonly issuer: TokenIssuer;
  readonly sealedStore?: SealedStore | undefined;
  /** Gets every token that the service has rejected, if the store or the issuer needs to know them. */
  readonly rejectedTokens?: RejectedTokens | undefined;
  /** Has the secrets that no error may show, if there are any. */
  readonly keySource?: Pick<KeySource, "secrets">;
  readonly onEvent?: unknown;
  /** The client's own `waitUntil`. A call of `getToken` may have another. */
  readonly waitUntil?: WaitUntil | undefined;
}

/** The parts, and the objects that the source has made of them. */
export interface SourceContext extends SourceParts {
  readonly emit: Emit;
  readonly holder: TokenHolder;
}

/** Keeps a request of the host alive until the promise has settled. */
export type WaitUntil = (promise: Promise<unknown>) => void;
