import { installInline } from "../core/inline.js";

installInline();

export * from "../index.js";
