// docs/operations.md, "On Cloudflare": what happens while the keys of a deployed Worker are rotated.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import type { Credentials } from "pay4power-auth";
import { NEW_KEYS, OLD_KEYS, startTwoPairs, type TwoPairs } from "./support/two-pairs.ts";
import { assertProblem, WorkerWorld } from "./support/worker-world.ts";

const world = new WorkerWorld({ sharesBackend: false });
world.secrets.push(...Object.values(NEW_KEYS));
let service: TwoPairs;

beforeEach(async () => {
  service = await startTwoPairs(world.sandbox);
  service.accepted = [OLD_KEYS, NEW_KEYS];
});
afterEach(() => service.close());

const bindingsWith = ({ publicKey, privateKey }: Credentials) =>
  world.bindings({
    PAY4POWER_PUBLIC_KEY: publicKey,
    PAY4POWER_PRIVATE_KEY: privateKey,
    PAY4POWER_TOKEN_URL: service.tokenUrl,
  });

test("two `secret put`: between them no call gets a token; after them calls work at once", async () => {
  const logs = await world.withWorker(bindingsWith(OLD_KEYS), async (backend) => {
    assert.equal((await world.askWithAccess("/services", {}, backend)).status, 200);

    await backend.deploy(bindingsWith({ ...OLD_KEYS, publicKey: NEW_KEYS.publicKey }));
    for (const reference of ["between-1", "between-2"]) {
      const payment = await world.pay(reference, {}, backend);
      assertProblem(payment, 503, "P4P_CREDENTIALS_REJECTED");
      assert.equal(payment.body["outcome"], "not sent");
      assert.equal(world.ledger(reference), undefined);
    }
    assert.deepEqual(service.asked, ["old", "mixed"], "the open circuit holds the second one back");

    await backend.deploy(bindingsWith(NEW_KEYS));
    assert.equal((await world.pay("after", {}, backend)).status, 200);
    assert.deepEqual(service.asked, ["old", "mixed", "new"]);
  });
  assert.match(logs, /circuit\.open/);
});

test("one `secret bulk`: the first call after the deployment gets a token of the new keys", async () => {
  const logs = await world.withWorker(bindingsWith(OLD_KEYS), async (backend) => {
    assert.equal((await world.pay("before", {}, backend)).status, 200);
    await backend.deploy(bindingsWith(NEW_KEYS));
    assert.equal((await world.pay("after-bulk", {}, backend)).status, 200);
    assert.deepEqual(service.asked, ["old", "new"]);
  });
  assert.doesNotMatch(logs, /circuit\.open/);
});

test("keys that are revoked before the deployment: calls work until the token ends or is rejected", async () => {
  await world.withWorker(bindingsWith(OLD_KEYS), async (backend) => {
    assert.equal((await world.pay("old-keys", {}, backend)).status, 200);
    service.accepted = [NEW_KEYS];
    assert.equal((await world.pay("revoked-keys", {}, backend)).status, 200);
    world.sandbox.control.revokeAll();
    const payment = await world.pay("revoked-token", {}, backend);
    assertProblem(payment, 503, "P4P_CREDENTIALS_REJECTED");
    assert.equal(payment.body["outcome"], "refused");
    await backend.deploy(bindingsWith(NEW_KEYS));
    assert.equal((await world.pay("revoked-token", {}, backend)).status, 200);
  });
});

world.testNoSecretIsShown();
