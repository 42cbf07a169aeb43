export * from "../index.js";
export { install } from "../install.js";
