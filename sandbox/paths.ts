// The paths of the sandbox.

/** The path of the service's `baseUrl`, as in the API's documentation. All its endpoints lie below it. */
export const BASE_PATH = "/api/v2.1/b2b";

/** Both paths that the API's documentation gives for the exchange, relative to the base path. */
export const TOKEN_PATHS = ["/test/v2.1/b2b/auth/token", "/auth/token"] as const;

export const VEND_PATH = "/vend";

/** The endpoints that need a token, relative to the base path. */
export const PAYMENT_PATHS = ["/services", "/providers", VEND_PATH, "/requery"] as const;

/** The path of the control. The service has no such endpoint, so this path is outside the base path. */
export const CONTROL_PATH = "/control";
