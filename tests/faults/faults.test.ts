// Every fault of the table, on every runtime, over real sockets, from the packed tarball.
import { pages } from "../matrix/pages.ts";
import { servers } from "../matrix/servers.ts";
import { workers } from "../matrix/workers.ts";
import { runsFaults } from "../support/portable.ts";

/** One way to load the library on each runtime, and the oldest Node beside the one that runs the tests. */
const USUAL =
  /^(?:node-20\b.*, import|Node v.*, import|deno\b.*, import|bun\b.*, import|wrangler\b.*|edge-runtime\b.*, \?module|Chromium, import map)$/;
/** More versions of Node, and the oldest date of workerd. */
const MORE = /^(?:node-2[26]\b.*, import|workerd .*, esbuild, 2023-08-01)$/;

const isThorough = Boolean(process.env["PAY4POWER_THOROUGH"]);

runsFaults(
  // The longest begins first.
  [...pages, ...servers, ...workers].filter(
    ({ name, light }) => (USUAL.test(name) && !light) || (isThorough && MORE.test(name)),
  ),
);
