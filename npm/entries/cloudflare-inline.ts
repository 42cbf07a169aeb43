// For what is no Worker and imports one's code: tests in Node.
import { installInline } from "../core/inline.js";

installInline();

export * from "../cloudflare/index.js";
