// What `--help` prints for each command of package.json. Plain JavaScript without dependencies: it needs no set-up.

/** The texts, each by the name of its script. */
export const HELP = {
  "start.ts": `npm start [-- OPTIONS]: exchanges keys for a token in a real Worker, and serves a page that does the same.

  --once     stops after the Worker's answer
  --json     prints that answer as JSON on the last line; goes with --once
  --help     this text

Without keys in the environment, a sandbox of the service on this machine answers. With PAY4POWER_PUBLIC_KEY and
PAY4POWER_PRIVATE_KEY the real service does; PAY4POWER_ENVIRONMENT and PAY4POWER_TOKEN_URL choose another of its
environments.
`,
  "test.ts": `npm test [-- WORD]: runs every check and every test.

  WORD       runs only the steps with this word in their names, such as Chromium
  --help     this text
`,
  "test-long.ts": `npm run test:long [-- WORD]: runs the tests that take too long for npm test.

  WORD       runs only the steps with this word in their names, such as fuzzing
  --help     this text
`,
  "fuzz.ts": `npm run fuzz [-- OPTIONS] [TARGET]: runs the fuzz targets one after the other, or only those that are named.
Prints a table of their runs. fuzz/README.md says what it needs.

  --seconds N    how long each target runs (default 60)
  --minimize     then replaces its corpus by a smallest one that covers the same code
  --help         this text
`,
  "../tests/soak/main.ts": `npm run soak [-- OPTIONS]: runs the packed package for a long time under faults, and checks every call.

  --minutes N        how long it runs (default 20)
  --calls N          how many calls it makes in that time (default 1000000)
  --runtime NAME     node, workerd or both (default both)
  --help             this text

It runs on the newest Node and the newest workerd that the tests have. Without options it writes docs/soak.md.
`,
  "build.ts": `npm run build: builds the npm package, and prints the path of its tarball.
`,
  "size.ts": `npm run size: prints the size of each entry of the package, and of each crate and function in the Wasm.
Fails above the gate.
`,
  "../sandbox/main.ts": `npm run sandbox [-- OPTIONS]: starts a sandbox of the service on this machine.

  --port PORT       the port; without this option 4010, or another one if that is taken
  --lifetime S      how long a token lives, in seconds (default 3600)
  --latency MS      how long each answer takes, in milliseconds (default 0)
  --no-control      without the control, by which programs of this machine change the service while it runs
  --json            prints the addresses and the keys as one line of JSON
  --help            this text
`,
  "worker-page.ts": `npm run page: puts the page into worker/assets/, as static files of the Worker in worker/.
`,
  "worker-commands.ts": `npm run dev: starts the Worker in worker/ on this machine, with a sandbox.
npm run deploy: deploys the Worker in worker/ to Cloudflare.

Arguments after "--" go to wrangler. worker/README.md says more.
`,
  "sbom.ts": `npm run sbom: prints the bill of materials of the package in CycloneDX's form: the crates in the Wasm and the
packages in the command line. The tarball has it as sbom.cdx.json.
`,
  "changeset.ts": `npm run changeset: asks for the kind and the words of a change that users notice, and writes them to
.changeset/.
`,
  "new-version.ts": `npm run new-version: makes a version of the changes in .changeset/. Writes it to package.json, CHANGELOG.md and
wherever it is repeated, and prints it.
`,
  "docs.ts": `npm run docs: makes the reference of the package's TypeScript and of the crate's Rust, in target/docs.
Prints the path of its first page. Fails on a warning.
`,
  "format.ts": `npm run format: formats all Rust, TypeScript and JavaScript, and applies the linter's safe fixes.
`,
  "docs-tables.ts": `npm run docs:tables: writes the tables of codes, events and bounds into README.md and docs/operations.md.
`,
  "../bench/main.ts": `npm run bench [-- OPTIONS]: measures this package beside others.

  --quick        fewer rounds, within 3 minutes; writes no document
  --only A,B     only these: tokens, fetch, claims, exchange, callers, rejected, steady, cold, load,
                 memory, core; writes no document
  --help         this text

Without options it takes about 15 minutes and writes docs/benchmarks.md.
`,
  "../bench/startup-overhead.ts": `npm run bench:cold [-- ROUNDS [TARBALL]]: measures the time that the package adds to a program's start.

  ROUNDS     how many pairs of starts (default 40)
  TARBALL    another version of the package, to compare with; without it, a program without the package
  --help     this text
`,
};
