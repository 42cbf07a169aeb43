// Every fault of the table on every runtime, over real sockets, from the packed tarball.
import { pages } from "../matrix/pages.ts";
import { servers } from "../matrix/servers.ts";
import { workers } from "../matrix/workers.ts";
import { runsFaults } from "../support/portable.ts";

const all = [...servers, ...workers, ...pages];

/** The ways to load the library that `npm test` runs: one on each runtime, and the oldest Node too. */
const QUICK = [
  /^node-20 .*, import$/i,
  /^Node v24.*, import$/,
  /^deno .*, import$/,
  /^bun .*, import$/,
  /^wrangler /,
  /^edge-runtime .*module$/,
  /^Chromium, import map$/,
];

runsFaults(
  QUICK.map(
    (name) =>
      all.find((runtime) => name.test(runtime.name)) ?? {
        name: String(name),
        missing: String(name),
        prepare: () => Promise.reject(),
      },
  ),
);
