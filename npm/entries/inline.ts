// The main entry on Node and on every runtime without an entry of its own.
import { installInline } from "../core/inline.js";

installInline();

export * from "../index.js";
