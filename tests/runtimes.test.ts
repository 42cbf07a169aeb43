// The portable suite, on every runtime that is no browser.
import { runsPortableSuite } from "./support/portable.ts";
import { runtimes } from "./support/runtimes.ts";

for (const runtime of runtimes) {
  runsPortableSuite(runtime);
}
