// Compiled, never run: what is declared is what is implemented, name by name.
import type * as implementedCloudflare from "../../npm/entries/cloudflare.ts";
import type * as implementedInline from "../../npm/entries/cloudflare-inline.ts";
import type * as implementedSlim from "../../npm/entries/slim.ts";
import type * as implementedStores from "../../npm/entries/stores.ts";
import type * as implemented from "../../npm/index.ts";
import type * as declaredCloudflare from "../../npm/types/cloudflare.d.ts";
import type * as declared from "../../npm/types/index.d.ts";
import type * as declaredSlim from "../../npm/types/slim.d.ts";
import type * as declaredStores from "../../npm/types/stores.d.ts";

/** The public side of what a class makes. */
type Public<Type> = Type extends { prototype: infer Instance }
  ? Pick<Instance, keyof Instance>
  : Type;
type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

export const sameNames: Equal<keyof typeof declared, keyof typeof implemented> = true;
export const sameSlimNames: Equal<keyof typeof declaredSlim, keyof typeof implementedSlim> = true;
export const sameStores: Equal<typeof declaredStores, typeof implementedStores> = true;
export const sameCloudflareNames: Equal<
  keyof typeof declaredCloudflare,
  keyof typeof implementedCloudflare
> = true;
export const sameInlineNames: Equal<
  keyof typeof implementedCloudflare,
  keyof typeof implementedInline
> = true;

// Each way round: neither promises more than the other keeps.
declare const token: implemented.Token;
export const declaredToken: Public<typeof declared.Token> = token;
export const everyMember: Equal<
  keyof declared.Token,
  Exclude<keyof implemented.Token, symbol>
> = true;
declare const error: implemented.AuthError;
export const declaredError: Public<typeof declared.AuthError> = error;
export const everyField: Equal<keyof declared.AuthError, keyof implemented.AuthError> = true;

declare const functions: Pick<typeof implemented, "isAuthError" | "decodeClaims">;
export const decodeClaims: typeof declared.decodeClaims = functions.decodeClaims;
export const authenticate: (
  options: declared.AuthenticateOptions,
) => Promise<Public<typeof declared.Token>> = (undefined as never as typeof implemented)
  .authenticate;
export const install: typeof declaredSlim.install = (undefined as never as typeof implementedSlim)
  .install;
export const kvStore: typeof declaredCloudflare.kvStore = (
  undefined as never as typeof implementedCloudflare
).kvStore;
