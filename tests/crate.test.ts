// The crate by itself: what wasm-bindgen alone makes of it, without this package's TypeScript.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import { KEYS } from "../sandbox/service.ts";
import { bindWasm } from "../scripts/build/wasm.ts";
import { root } from "../scripts/project.mjs";
import { compileCrate } from "../scripts/setup/crate.mjs";

/** As the declarations that wasm-bindgen writes have it. */
interface Crate {
  authenticate(
    options: object,
    fetch?: typeof globalThis.fetch | null,
    signal?: AbortSignal | null,
    progress?: ((progress: Progress) => void) | null,
  ): Promise<Readonly<Record<string, unknown>>>;
}

interface Progress {
  readonly step: string;
  readonly attempt: number;
  readonly untilMs: number;
}

const folder = join(root, "target", "crate-glue");
let sandbox: Sandbox;
let crate: Crate;
let declarations: string;

before(async () => {
  sandbox = await startSandbox();
  const args = ["--target", "nodejs", "--out-dir", folder, "--out-name", "crate"];
  bindWasm(await compileCrate(), args);
  // The glue for Node is CommonJS, and this repository is not.
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "commonjs" }));
  crate = createRequire(import.meta.url)(join(folder, "crate.js")) as Crate;
  declarations = readFileSync(join(folder, "crate.d.ts"), "utf8");
});
beforeEach(() => sandbox.control.reset());
after(() => sandbox.close());

const options = () => ({ ...KEYS, tokenUrl: sandbox.tokenUrl });
const isPlain = (value: unknown) =>
  value instanceof Object && Object.getPrototypeOf(value) === Object.prototype;

/** What a promise rejects with. */
async function failure(promise: Promise<unknown>): Promise<unknown> {
  const settled = await promise.then(
    (value) => ({ value }),
    (reason: unknown) => ({ reason }),
  );
  assert.ok("reason" in settled, "it should have failed");
  return settled.reason;
}

test("keys become the plain record of a token that opens the service", async () => {
  const token = await crate.authenticate(options());
  assert.ok(isPlain(token));
  assert.equal(token["lifetimeMs"], 3_600_000);
  assert.equal((token["claims"] as Record<string, unknown>)["environment"], "TEST");
  const headers = { Authorization: `Bearer ${token["value"]}` };
  const answer = await fetch(`${sandbox.baseUrl}/services`, { headers });
  assert.equal(answer.status, 200);
  await answer.text();
  assert.deepEqual(sandbox.control.counts().exchanges, { asked: 1, succeeded: 1 });
});

test("wrong keys reject with a plain record that does not hold them", async () => {
  const privateKey = "PRIV_KEY_sandbox-wrong";
  const error = await failure(crate.authenticate({ ...options(), privateKey }));
  assert.ok(isPlain(error) && !(error instanceof Error));
  const { code, status, retryable } = error as Record<string, unknown>;
  assert.deepEqual([code, status, retryable], ["P4P_CREDENTIALS_REJECTED", 401, false]);
  assert.ok(!JSON.stringify(error).includes(privateKey));
  assert.equal(sandbox.control.counts().exchanges.asked, 1);
});

test("options that are not good reject too, and nothing is sent", async () => {
  for (const given of [{}, { ...options(), retries: "2" }, undefined]) {
    const error = await failure(crate.authenticate(given as object));
    assert.ok(isPlain(error));
    assert.equal((error as Record<string, unknown>)["code"], "P4P_INVALID_OPTIONS");
  }
  assert.equal(sandbox.control.counts().exchanges.asked, 0);
});

test("a signal that has aborted rejects with its own reason, and nothing is sent", async () => {
  const reason = new RangeError("left");
  const left = crate.authenticate(options(), undefined, AbortSignal.abort(reason));
  assert.equal(await failure(left), reason);
  assert.equal(sandbox.control.counts().exchanges.asked, 0);
});

test("a signal that aborts while the service is silent rejects with its own reason", async () => {
  sandbox.control.failNext({ kind: "hang" });
  const controller = new AbortController();
  const reason = new RangeError("left");
  const requests: Promise<Response>[] = [];
  const fetchThenLeave: typeof fetch = (...request) => {
    const answer = fetch(...request);
    requests.push(answer);
    setImmediate(() => controller.abort(reason));
    return answer;
  };
  const left = crate.authenticate(options(), fetchThenLeave, controller.signal);
  assert.equal(await failure(left), reason);
  assert.equal(requests.length, 1);
  // The request is over too.
  assert.equal(((await failure(requests[0] as Promise<Response>)) as Error).name, "AbortError");
});

test("progress is told of each attempt and of the wait between two", async () => {
  sandbox.control.failNext({ status: 503 });
  const told: Progress[] = [];
  await crate.authenticate(options(), undefined, undefined, (progress) => told.push(progress));
  assert.deepEqual(
    told.map(({ step, attempt }) => [step, attempt]),
    [
      ["attempt", 1],
      ["wait", 1],
      ["attempt", 2],
    ],
  );
  assert.ok(told.every((progress) => isPlain(progress) && Number.isFinite(progress.untilMs)));
});

test("the declarations say what each export gives", () => {
  const authenticate = declarations.match(/export function authenticate\([^;]*;/)?.[0] ?? "";
  assert.match(authenticate, /\): Promise<TokenRecord>;$/);
  // Nothing but the options must be given.
  const optional = [...authenticate.matchAll(/(\w+)\?: /g)].map(([, name]) => name);
  assert.deepEqual(optional, ["fetch", "signal", "progress"]);
  assert.match(authenticate, /progress\?: \(\(progress: Progress\) => void\) \| null/);
  for (const name of ["TokenRecord", "ErrorRecord", "CallerAction", "LeaderAction", "Progress"]) {
    assert.match(declarations, new RegExp(`export (?:type|interface) ${name}\\b`));
  }
});
