// Every fault of the table, on every runtime, over real sockets, from the packed tarball.
import { pages } from "../matrix/pages.ts";
import { servers } from "../matrix/servers.ts";
import { workers } from "../matrix/workers.ts";
import { runsFaults } from "../support/portable.ts";

/** One way to load the library on each runtime, and the oldest Node beside the one that runs the tests. */
const USUAL =
  /^(?:node-20 .*, import|Node v.*, import|deno .*, import|bun .*, import|wrangler .*|edge-runtime .*, \?module|Chromium, import map)$/i;
/** More versions of Node, and the oldest date of workerd. */
const MORE = /^(?:node-(?:22|26) .*, import|workerd .*, esbuild, 2023-08-01)$/i;

const isThorough = Boolean(process.env["PAY4POWER_THOROUGH"]);

runsFaults(
  [...servers, ...workers, ...pages].filter(
    ({ name, light }) => (USUAL.test(name) && !light) || (isThorough && MORE.test(name)),
  ),
);
