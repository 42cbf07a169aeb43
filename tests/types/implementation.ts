// Compiled, never run: what is declared is what is implemented, name by name.
import type * as implemented from "../../src/npm/index.ts";
import type * as declared from "../../src/npm/public.d.ts";

/** The public side of what a class makes. */
type Public<Type> = Type extends { prototype: infer Instance }
  ? Pick<Instance, keyof Instance>
  : Type;
type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

export const sameNames: Equal<keyof typeof declared, keyof typeof implemented> = true;

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
