// The sandbox's payment endpoints: the tokens that they accept, and the payments that they record.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, beforeEach, test } from "node:test";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import { authorize, send, vend, withSandbox } from "./support/sandbox-client.ts";

let sandbox: Sandbox;
let authorization: string;

before(async () => {
  sandbox = await startSandbox();
});
after(() => sandbox.close());
beforeEach(async () => {
  authorization = await authorize(sandbox);
});

test("services and their providers are listed", async () => {
  const services = await send(sandbox, "/services", { authorization });
  assert.equal(services.status, 200);
  const names = (services.envelope.data as { service: string }[]).map(({ service }) => service);
  assert.deepEqual(names, ["electricity", "airtime", "data", "tv"]);
  const all = await send(sandbox, "/providers", { authorization });
  const some = await send(sandbox, "/providers?service=electricity", { authorization });
  const providers = some.envelope.data as { code: string; service: string }[];
  assert.ok(providers.length > 0 && (all.envelope.data as unknown[]).length > providers.length);
  assert.ok(providers.every(({ code, service }) => code !== "" && service === "electricity"));
  assert.equal((await send(sandbox, "/providers?service=water", { authorization })).status, 400);
  assert.equal((await send(sandbox, "/vend", { authorization })).status, 405);
  assert.equal((await send(sandbox, "/services", { authorization, body: {} })).status, 405);
});

test("a request without a token of the service is refused", async () => {
  const [header = "", payload = ""] = authorization.replace("Bearer ", "").split(".");
  const signed = (head: object, body: object) => {
    const text = [head, body]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .join(".");
    return `Bearer ${text}.${createHmac("sha256", "guess").update(text).digest("base64url")}`;
  };
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as object;
  const unsigned = Buffer.from('{"alg":"none"}').toString("base64url");
  let foreign = "";
  await withSandbox({}, async (other) => {
    foreign = await authorize(other);
  });
  const refused = [
    undefined,
    "Bearer",
    "Bearer x",
    authorization.replace("Bearer", "Basic"),
    `Bearer ${header}.${payload}.`,
    `Bearer ${unsigned}.${payload}.`,
    signed({ alg: "HS256", typ: "JWT" }, claims),
    foreign,
  ];
  for (const wrong of refused) {
    for (const path of ["/services", "/providers", "/requery", "/vend"]) {
      const body = path === "/vend" ? { body: {} } : {};
      const { status, envelope } = await send(
        sandbox,
        path,
        wrong === undefined ? body : { authorization: wrong, ...body },
      );
      assert.deepEqual(
        [status, envelope.statusCode, envelope.success, envelope.data],
        [401, 401, false, null],
        `${path} ${wrong}`,
      );
    }
  }
});

test("a token is valid until its own end", async () => {
  await withSandbox({ lifetimeS: 1 }, async (brief) => {
    const token = await authorize(brief);
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    const { status, envelope } = await send(brief, "/services", { authorization: token });
    assert.equal(status, 401);
    assert.match(envelope.message, /expired/);
  });
});

test("a payment is made once, can be queried, and a duplicate is visible", async () => {
  const asked = vend("once");
  const first = await send(sandbox, "/vend", { authorization, body: asked });
  const wanted = { ...asked, service: "electricity", state: "successful" };
  assert.equal(first.status, 200);
  assert.deepEqual(first.envelope.data, wanted);

  const again = { ...asked, amount: 7 };
  const second = await send(sandbox, "/vend", { authorization, body: again });
  assert.deepEqual([second.status, second.envelope.success], [409, false]);

  const requery = (query: string) => send(sandbox, `/requery?${query}`, { authorization });
  const found = await requery("service=electricity&reference=once");
  assert.deepEqual([found.status, found.envelope.data], [200, wanted]);
  assert.equal((await requery("service=airtime&reference=once")).status, 404);
  assert.equal((await requery("service=electricity&reference=never")).status, 404);
  const { status, envelope } = await requery("service=water");
  assert.equal(status, 400);
  assert.deepEqual(
    (envelope.errors as { field: string }[]).map(({ field }) => field),
    ["service", "reference"],
  );
});

test("a payment that is not valid is refused with every reason, and not made", async () => {
  const body = { providerCode: "NOBODY", customerId: "", amount: -1, reference: "invalid" };
  const { status, envelope } = await send(sandbox, "/vend", { authorization, body });
  assert.equal(status, 400);
  assert.deepEqual(
    (envelope.errors as { field: string }[]).map(({ field }) => field),
    ["providerCode", "customerId", "amount"],
  );
  assert.equal((await send(sandbox, "/vend", { authorization, body: [] })).status, 400);
  const query = "/requery?service=electricity&reference=invalid";
  assert.equal((await send(sandbox, query, { authorization })).status, 404);
});
