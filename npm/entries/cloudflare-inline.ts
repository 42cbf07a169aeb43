// The entry "pay4power-auth/cloudflare" outside of Workers, for tests in Node that import the code of a Worker.
import { installInline } from "../core/inline.js";

installInline();

export * from "../cloudflare/index.js";
