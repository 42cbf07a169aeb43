// For what is no Worker and imports one's code: tests in Node.
import { installInline } from "../inline.js";

installInline();

export * from "../cloudflare/index.js";
