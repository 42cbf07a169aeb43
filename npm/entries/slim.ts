export { install } from "../core/install.js";
export * from "../index.js";
