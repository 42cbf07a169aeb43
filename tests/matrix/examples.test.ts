// The projects in examples/ pay at the sandbox, which loses answers. The ledger says how often each payment was made.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Sandbox, startSandbox } from "../../sandbox/server.ts";
import { KEYS } from "../../sandbox/service.ts";
import { build } from "../../scripts/build.ts";
import { root } from "../../scripts/project.mjs";
import { runCommand } from "../../scripts/setup/commands.mjs";
import { eventually } from "../portable/make.ts";
import { filesWithLeaks, leaks } from "../support/leaks.ts";
import { Caller, type How } from "./example-caller.ts";
import {
  type Example,
  environmentOf,
  examples,
  type Prepared,
  readmeFolderOf,
  startAsReadmeSays,
} from "./examples.ts";
import { LOST_ANSWERS } from "./lost-answers.ts";
import type { Program } from "./program.ts";

let tarball: string;

describe("examples", { concurrency: true }, () => {
  before(async () => {
    tarball = await build();
  });
  for (const example of examples) {
    if (example.missing === undefined) {
      describe(example.name, () => pays(example));
    } else {
      test(`${example.name}: NOT RUN, ${example.missing} is missing`, (t) => {
        assert.ok(!process.env["CI"], "CI must have every runtime");
        t.skip();
      });
    }
  }
});

function pays(example: Example): void {
  let ofBuild: Sandbox;
  let prepared: Prepared;
  before(async () => {
    ofBuild = await startSandbox();
    prepared = await example.prepare(tarball, environmentOf(example, ofBuild));
  });
  after(async () => {
    await ofBuild.close();
    assert.deepEqual(filesWithLeaks(prepared.folder), []);
  });

  /** Runs the example beside a sandbox of its own, and checks what it printed. */
  async function running(
    name: string,
    use: (program: Caller, sandbox: Sandbox) => Promise<void>,
    { environment = {}, keepsRecords = true, asReadmeSays = false } = {},
  ): Promise<void> {
    const sandbox = await startSandbox();
    const records = join(prepared.folder, "records", name);
    const variables: Record<string, string> = {
      ...environmentOf(example, sandbox),
      ...environment,
    };
    const { CALLER_TOKEN: callerToken = "" } = variables;
    let program: Program | undefined;
    try {
      program = await (asReadmeSays
        ? startAsReadmeSays(example, prepared, variables)
        : prepared.start(variables, keepsRecords ? records : undefined));
      await use(new Caller(program, example.path, callerToken), sandbox);
    } finally {
      await program?.stop();
      await sandbox.close();
    }
    const output = program.output();
    assert.ok(!leaks(output, callerToken), output);
  }

  test("whatever happens to the answer, no payment is made twice, and `paid` is true", () =>
    running("answers", async (caller, { control }) => {
      for (const [
        index,
        { name, faults, status, outcome, made, again },
      ] of LOST_ANSWERS.entries()) {
        control.reset();
        for (const fault of faults) {
          control.failNext(fault);
        }
        const reference = `order-${index}`;
        const times = () => control.ledger().map((entry) => [entry.reference, entry.times]);
        const sent = () => control.counts().paths["/vend"]?.asked;
        const ledgerOf = (count: 0 | 1) => (count === 0 ? [] : [[reference, 1]]);

        const first = await caller.pay(reference);
        assert.deepEqual([first.status, first.body.outcome], [status, outcome], name);
        assert.equal(first.body.reference, reference, name);
        assert.deepEqual(times(), ledgerOf(made), name);
        assert.equal(sent(), 1, name);
        assert.deepEqual(control.status().faults, [], `${name}: each fault happened`);

        const second = await caller.pay(reference);
        assert.equal(second.body.outcome, again.outcome, `${name}, again`);
        assert.deepEqual(times(), ledgerOf(again.made), `${name}, again`);
        assert.equal(sent(), again.sent, `${name}, again`);
        const found = await caller.lookUp(reference);
        assert.equal(found.body.outcome, again.outcome, `${name}, looked up`);
      }
      assert.match(caller.output(), /exchange\.success/);
    }));

  test("every call has a time-out", () =>
    running("time-outs", async (caller, { control }) => {
      control.failNext({ path: "/vend", kind: "hang" });
      control.failNext({ path: "/requery", kind: "hang" });
      control.failNext({ path: "/services", kind: "hang" });
      const [paid, unknown, services] = await Promise.all([
        caller.pay("slow-payment"),
        caller.lookUp("slow-look-up"),
        example.name === "nextjs" ? undefined : caller.ask("/services"),
      ]);
      assert.deepEqual([paid.status, paid.body.outcome], [200, "paid"]);
      assert.deepEqual([unknown.status, unknown.body.outcome], [202, "unknown"]);
      assert.equal(services?.status ?? 500, 500);
      assert.deepEqual(
        control.ledger().map(({ reference, times }) => [reference, times]),
        [["slow-payment", 1]],
      );
    }));

  test("two requests at once with one reference make one payment", () =>
    running("at-once", async (caller, { control }) => {
      await Promise.all(Array.from({ length: 8 }, () => caller.pay("once")));
      assert.equal(control.counts().paths["/vend"]?.asked, 1);
      assert.equal((await caller.lookUp("once")).body.outcome, "paid");
    }));

  test("the commands of its README pay twice, although an answer is lost", async () => {
    const pays = async (caller: Caller, { baseUrl, control }: Sandbox) => {
      const text = readFileSync(join(root, "examples", example.name, "README.md"), "utf8");
      const commands = text
        .replaceAll("http://127.0.0.1:4010", new URL(baseUrl).origin)
        .replaceAll(/http:\/\/127\.0\.0\.1:(8000|8787|3000)/g, caller.origin())
        .match(/^curl .*$/gm);
      assert.equal(commands?.length, 4);
      for (const command of commands) {
        const { ok, stdout, stderr } = await runCommand("bash", ["-c", command]);
        assert.ok(ok, stderr);
        assert.match(stdout, /"outcome":"paid"|"kind":"reset"|"times":1/, command);
      }
      assert.deepEqual(
        control.ledger().map(({ reference, times }) => [reference, times]),
        [
          ["order-1", 1],
          ["order-2", 1],
        ],
      );
      assert.equal(control.counts().paths["/requery"]?.asked, 1);
    };
    await running("readme", pays, { asReadmeSays: true });
    const folder = readmeFolderOf(prepared);
    assert.deepEqual(filesWithLeaks(folder), [join(folder, example.variables[1])]);
  });

  test("rejected keys are an error with a code, and the payment can be made after they are corrected", async () => {
    const PAY4POWER_PRIVATE_KEY = KEYS.privateKey.replace(/0$/, "1");
    await running(
      "keys",
      async (caller, { control }) => {
        const { status, body } = await caller.pay("order");
        const code = "P4P_CREDENTIALS_REJECTED";
        assert.deepEqual([status, body], [500, { outcome: "not sent", code }]);
        assert.equal(control.counts().paths["/vend"], undefined);
        assert.match(caller.output(), new RegExp(code));
        assert.ok(!leaks(caller.output(), PAY4POWER_PRIVATE_KEY));
      },
      { environment: { PAY4POWER_PRIVATE_KEY } },
    );
    await running("keys", async (caller, { control }) => {
      assert.equal((await caller.pay("order")).body.outcome, "paid");
      assert.equal(control.ledger()[0]?.times, 1);
    });
  });

  test("nothing is sent for other callers, other references, no order, or without a record", async () => {
    const sendsNothing = async (caller: Caller, { control }: Sandbox, status: number, how: How) => {
      assert.equal((await caller.pay("order", how)).status, status, JSON.stringify(how));
      assert.equal(control.counts().paths["/vend"], undefined, JSON.stringify(how));
    };
    await running("refusals", async (caller, sandbox) => {
      for (const token of ["example", "example-caller-2"]) {
        await sendsNothing(caller, sandbox, 401, { token });
      }
      assert.equal(sandbox.control.counts().exchanges.asked, 0);
      for (const reference of ["..%2F..%2Forder", "a%20b", "a".repeat(65)]) {
        await sendsNothing(caller, sandbox, 404, { reference });
      }
      for (const order of ["", "null", "{", '"text"']) {
        await sendsNothing(caller, sandbox, 400, { order });
      }
    });
    const noRecords = { keepsRecords: false };
    await running("none", (caller, sandbox) => sendsNothing(caller, sandbox, 500, {}), noRecords);
  });

  if (example.name === "nextjs") {
    test("its page is static, and was made with a token that is nowhere in the build", () =>
      running("page", async (caller, sandbox) => {
        assert.ok(ofBuild.control.counts().exchanges.succeeded > 0);
        assert.match(prepared.printed, /○ \/ /);
        const html = join(prepared.folder, ".next", "server", "app", "index.html");
        assert.match(readFileSync(html, "utf8"), /<li>Electricity<\/li>/);
        const { status, text } = await caller.get("/");
        assert.equal(status, 200);
        assert.match(text, /<li>Electricity<\/li>/);
        assert.equal(sandbox.control.counts().exchanges.asked, 0);
        assert.deepEqual(filesWithLeaks(prepared.folder), []);
      }));
  } else {
    test("it passes on what the service offers", () =>
      running("services", async (caller) => {
        const { status, text } = await caller.ask("/services");
        assert.equal(status, 200);
        assert.match(text, /electricity/);
      }));
  }

  if (example.name === "node-hono") {
    test("it finishes a payment before it stops", () =>
      running("stop", async (caller, { control }) => {
        control.failNext({ path: "/vend", latencyMs: 1_000 });
        const paying = caller.pay("last");
        await eventually(() => control.ledger().length === 1);
        await caller.stop();
        assert.equal((await paying).body.outcome, "paid");
      }));
  }

  if (example.name === "cloudflare-worker") {
    test("wrangler finds its objects, and warns of nothing", () => {
      assert.match(prepared.printed, /COORDINATOR \(TokenCoordinator\)/);
      assert.match(prepared.printed, /PAYMENTS \(PaymentRecord\)/);
      assert.doesNotMatch(prepared.printed, /WARNING/);
      assert.ok(existsSync(join(prepared.folder, "out", "index.js")));
    });
  }
}
