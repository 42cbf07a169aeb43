// The paths of the sandbox.

/** The path of the server's address in the reference. The paths of its endpoints follow it. */
export const BASE_PATH = "/api/v2.1/b2b";

/** Both paths of the exchange in the service's documentation, relative to the base path. */
export const TOKEN_PATHS = ["/test/v2.1/b2b/auth/token", "/auth/token"] as const;

export const VEND_PATH = "/vend";

/** The endpoints that need a token, relative to the base path. */
export const PAYMENT_PATHS = ["/services", "/providers", VEND_PATH, "/requery"] as const;

/** The control is no endpoint of the service, so it is outside the base path. */
export const CONTROL_PATH = "/control";
