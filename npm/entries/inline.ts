import { installInline } from "../inline.js";

installInline();

export * from "../index.js";
