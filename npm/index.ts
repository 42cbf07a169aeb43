// The exports that all main entries share.
export { authenticate } from "./authenticate.js";
export { createClient } from "./client/client.js";
export { AuthError, isAuthError } from "./errors.js";
export { decodeClaims, Token } from "./token.js";

declare const PACKAGE_VERSION: string; // the build takes it from package.json
export const VERSION = PACKAGE_VERSION;
