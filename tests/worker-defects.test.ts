// The deployed Worker: the outcome of a payment when the Worker itself, or a check of callers, has a defect.
import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { root } from "../scripts/project.mjs";
import { bundleWorker } from "../scripts/workerd.ts";
import { type Backend, copyBackend, startBackend } from "./support/backend.ts";
import { assertProblem, WorkerWorld } from "./support/worker-world.ts";

const world = new WorkerWorld({ sharesBackend: false });
let defective: Backend;

before(async () => {
  const source = join(await copyBackend("backend-defects"), "src", "defect-worker.js");
  copyFileSync(join(root, "tests", "support", "defect-worker.js"), source);
  defective = await startBackend(await bundleWorker(source), {});
});
after(async () => {
  await defective.close();
});

const post = { method: "POST", body: "{}" };
/** Values that the client or the check of callers throws, besides errors of the package (support/defect-worker.js). */
const THROWN = ["error", "text", "nothing", "null", "object", "frozen", "aborted"];

test("after any defect, the outcome of a payment is unknown", async () => {
  for (const name of THROWN) {
    const answer = await world.ask(defective, `/vend?throws=${name}`, post);
    assertProblem(answer, 500, "DEFECT");
    assert.equal(answer.body["outcome"], "unknown", name);
    assert.match(String(answer.body["detail"]), /GET \/requery/);
    const read = await world.ask(defective, `/services?throws=${name}`);
    assertProblem(read, 500, "DEFECT");
    assert.ok(!("outcome" in read.body));
  }
  for (const name of [
    "INTERNAL",
    "CLOSED",
    "FORBIDDEN_ORIGIN",
    "BAD_TOKEN",
    "BROWSER_REFUSED",
    "X",
  ]) {
    const code = `P4P_${name}`;
    const answer = await world.ask(defective, `/vend?throws=${code}`, post);
    assertProblem(answer, 500, code);
    assert.equal(answer.body["outcome"], "unknown", name);
  }
});

test("without a token, the outcome depends on an earlier attempt to send the payment", async () => {
  const service = encodeURIComponent(`${world.serviceProxy.origin}/vend`);
  const ask = async (code: string, status?: number) => {
    world.serviceProxy.override = (_, response) => {
      response.writeHead(status ?? 200).end();
      return true;
    };
    const sent = status === undefined ? "" : `&service=${service}`;
    const { body, text } = await world.ask(defective, `/vend?throws=${code}${sent}`, post);
    assert.equal(body["code"], code, text);
    return [body["outcome"], /nothing was sent/i.test(text)];
  };
  for (const code of ["P4P_NETWORK", "P4P_TIMEOUT", "P4P_CREDENTIALS_REJECTED"]) {
    assert.deepEqual(await ask(code), ["not sent", true]);
    assert.deepEqual(await ask(code, 401), ["refused", false]);
    assert.deepEqual(await ask(code, 500), ["unknown", false]);
  }
  assert.deepEqual(await ask("P4P_INTERNAL", 401), ["unknown", false]);
});

test("a check of callers that throws, or refuses in any way, stops the payment", async () => {
  for (const name of THROWN) {
    const headers = { "X-Check": `throws ${name}` };
    const answer = await world.ask(defective, "/vend", { ...post, headers });
    assertProblem(answer, 503, "CALLER_NOT_CHECKED");
    assert.equal(answer.body["outcome"], "not sent");
  }
  for (const check of ["null", "false", "true", "0", '""', "{}", '{"id":1}', "[]"]) {
    const answer = await world.ask(defective, "/vend", { ...post, headers: { "X-Check": check } });
    assertProblem(answer, 403, "CALLER_REFUSED");
    assert.equal(answer.body["outcome"], "not sent");
  }
});
