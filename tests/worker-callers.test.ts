// The deployed Worker, and the Worker for development: the callers that they accept.
import assert from "node:assert/strict";
import { once } from "node:events";
import { request as sendRaw } from "node:http";
import { test } from "node:test";
import { generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { AUDIENCE } from "./support/access.ts";
import { type Backend, bundleBackend } from "./support/backend.ts";
import { assertProblem, WorkerWorld } from "./support/worker-world.ts";

const world = new WorkerWorld({ sharesBackend: true });

test("only a caller with a valid assertion of Access for this application is accepted", async () => {
  const nowS = Math.floor(Date.now() / 1_000);
  const { claims, signingKey, otherKey, publicKeyAsSecret } = world.access;
  const unsigned = new UnsecuredJWT({ email: "x" })
    .setIssuer(world.access.teamDomain)
    .setAudience(AUDIENCE)
    .setExpirationTime("5m")
    .encode();
  const refused: Record<string, string | undefined> = {
    "no assertion": undefined,
    empty: "",
    "no JWT": "a.b.c",
    expired: await claims()
      .setExpirationTime(nowS - 10)
      .sign(signingKey),
    "not yet valid": await claims()
      .setNotBefore(nowS + 60)
      .sign(signingKey),
    "issued tomorrow": await claims()
      .setIssuedAt(nowS + 86_400)
      .setExpirationTime(nowS + 90_000)
      .sign(signingKey),
    "issued in a minute": await claims()
      .setIssuedAt(nowS + 60)
      .sign(signingKey),
    "without a name": await claims({}, { email: "", sub: "" }).sign(signingKey),
    "with a name that is not a text": await claims({}, { email: { a: 1 } }).sign(signingKey),
    "of a key with a number as its id": await claims({ kid: 1 as never }).sign(signingKey),
    "with an unknown critical header": await claims({ crit: ["x"], x: 1 } as never)
      .sign(signingKey, { crit: { x: true } })
      .catch(() => ""),
    "with a payload that is not encoded": await claims({ b64: false, crit: ["b64"] } as never)
      .sign(signingKey)
      .catch(() => ""),
    twice: [await world.access.assertion(), await world.access.assertion()].join(", "),
    "for another application": await claims().setAudience(["other"]).sign(signingKey),
    "of another team": await claims()
      .setIssuer("https://other.cloudflareaccess.com")
      .sign(signingKey),
    "signed by another key": await claims().sign(otherKey),
    "of an unknown key": await claims({ kid: "?" }).sign(otherKey),
    "signed with the public key as a secret": await claims({ alg: "HS256" }).sign(
      publicKeyAsSecret,
    ),
    "with another algorithm": await claims({ alg: "PS256" }).sign(
      (await generateKeyPair("PS256")).privateKey,
    ),
    "not signed": unsigned,
    "without an end": await new SignJWT({ email: "x" })
      .setProtectedHeader({ alg: "RS256", kid: "good" })
      .setIssuer(world.access.teamDomain)
      .setAudience(AUDIENCE)
      .setIssuedAt()
      .setSubject("x")
      .sign(signingKey),
    changed: (await claims().sign(signingKey)).replace(/\.[^.]+\./, ".eyJzdWIiOiJ4In0."),
  };
  for (const [name, assertion] of Object.entries(refused)) {
    const headers = assertion === undefined ? {} : { "Cf-Access-Jwt-Assertion": assertion };
    for (const path of ["/services", "/nothing"]) {
      const answer = await world.ask(world.backend, path, { headers });
      assert.equal(answer.body["code"], "CALLER_REFUSED", name);
      assertProblem(answer, 403, "CALLER_REFUSED");
    }
  }
  const cookie = { Cookie: `CF_Authorization=${await world.access.assertion()}` };
  assertProblem(
    await world.ask(world.backend, "/services", { headers: cookie }),
    403,
    "CALLER_REFUSED",
  );
  assert.deepEqual(world.serviceProxy.sent, []);
  const serviceToken = await claims().setSubject("").sign(signingKey);
  const headers = { "Cf-Access-Jwt-Assertion": serviceToken };
  assert.equal((await world.ask(world.backend, "/services", { headers })).status, 200);
});

test("a caller is accepted if the clocks differ by a few seconds, or if the assertion is for several applications", async () => {
  const nowS = Math.floor(Date.now() / 1_000);
  const { claims, signingKey } = world.access;
  for (const signed of [
    claims()
      .setIssuedAt(nowS + 3)
      .setNotBefore(nowS + 3),
    claims().setExpirationTime(nowS - 1),
    claims().setAudience(["other", AUDIENCE]),
    claims().setAudience(AUDIENCE),
    claims().setIssuedAt(nowS - 86_400 * 30),
  ]) {
    const headers = { "Cf-Access-Jwt-Assertion": await signed.sign(signingKey) };
    assert.equal((await world.ask(world.backend, "/services", { headers })).status, 200);
  }
});

test("a POST from a page of another site is refused", async () => {
  const { origin } = world.backend.url;
  for (const headers of [
    { "Sec-Fetch-Site": "cross-site", Origin: "https://evil.example" },
    { "Sec-Fetch-Site": "same-site", Origin: "https://other.shop.example" },
    { "Sec-Fetch-Site": "cross-site" },
    { "Sec-Fetch-Site": "none" },
    { Origin: "https://evil.example" },
    { Origin: "null" },
    { Origin: origin.replace("http:", "https:") },
    { "Sec-Fetch-Site": "same-origin", Origin: "https://evil.example" },
  ]) {
    assertProblem(await world.pay("cross-site", headers as never), 403, "CROSS_ORIGIN");
  }
  assert.equal(world.ledger("cross-site"), undefined);
  assert.equal(
    (await world.pay("own-page", { "Sec-Fetch-Site": "same-origin", Origin: origin })).status,
    200,
  );
});

test("without a check of callers every caller is refused, and the problem says how to add one", async () => {
  for (const none of [{ ACCESS_TEAM_DOMAIN: "", ACCESS_AUDIENCE: "" }, undefined]) {
    const { ACCESS_TEAM_DOMAIN: _, ACCESS_AUDIENCE: __, ...rest } = world.bindings();
    await world.withWorker({ ...rest, ...none }, async (backend) => {
      const answer = await world.askWithAccess("/services", {}, backend);
      assertProblem(answer, 403, "NO_CHECK_OF_CALLERS");
      assert.match(String(answer.body["detail"]), /ACCESS_TEAM_DOMAIN.*src\/caller-check\.ts/);
      assert.equal((await world.ask(backend, "/healthz")).status, 200);
    });
  }
  assert.deepEqual(world.serviceProxy.sent, []);
});

test("without the keys of Access every caller is refused with 503", async () => {
  world.access.isDown = true;
  try {
    await world.withWorker(world.bindings(), async (backend) => {
      const answer = await world.askWithAccess("/services", {}, backend);
      assertProblem(answer, 503, "CALLER_NOT_CHECKED");
      assert.equal((await world.ask(backend, "/services")).body["code"], "CALLER_REFUSED");
      world.access.isDown = false;
      assert.equal((await world.askWithAccess("/services", {}, backend)).status, 200);
    });
  } finally {
    world.access.isDown = false;
  }
});

/** Returns the status of the answer to a request with any headers, also those that `fetch` sets itself. */
async function rawStatus(
  { url: { hostname, port } }: Backend,
  method: string,
  path: string,
  headers: Record<string, string>,
): Promise<number> {
  const sent = sendRaw({ hostname, port, method, path, headers, agent: false }).end();
  const [response] = await once(sent, "response");
  response.resume();
  return response.statusCode;
}

test("for development every program of this machine may call, by the names of this machine only", async () => {
  const use = async (dev: Backend) => {
    assert.equal((await world.ask(dev, "/services")).status, 200);
    const { port } = dev.url;
    const statusFor = (headers: Record<string, string>) =>
      rawStatus(dev, "GET", "/services", headers);
    for (const Host of ["localhost", `LocalHost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`]) {
      assert.equal(await statusFor({ Host }), 200, Host);
    }
    for (const Host of [
      "evil.example",
      `evil.example:${port}`,
      "localhost.evil.example",
      "127.0.0.1.evil.example",
      "[::1].evil.example",
      "localhost@evil.example",
      "192.0.2.1",
    ]) {
      // miniflare, below workerd, takes the address from a header that any page can set.
      for (const lie of ["http://localhost/services", `http://127.0.0.1:${port}/services`]) {
        assert.notEqual(await statusFor({ Host }), 200, Host);
        assert.notEqual(await statusFor({ Host, "MF-Original-URL": lie }), 200, `${Host} ${lie}`);
      }
    }
    const elsewhere = { "MF-Original-URL": "http://evil.example/services" };
    assert.equal(await statusFor({ Host: "localhost", ...elsewhere }), 403);
  };
  await world.withWorker(world.bindings(), use, await bundleBackend("dev.ts"));
});

test("for development every request of another origin's page is refused", async () => {
  const use = async (dev: Backend) => {
    const { origin, host } = dev.url;
    const statusFor = (method: string, path: string, headers: Record<string, string>) =>
      rawStatus(dev, method, path, { Host: host, ...headers });
    for (const headers of [
      { Origin: "http://evil.example", "Sec-Fetch-Site": "cross-site" },
      { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors" },
      { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate" },
      { "Sec-Fetch-Site": "same-site" },
      { "Sec-Fetch-Site": "" },
      { Origin: "http://evil.example" },
      { Origin: "null" },
      { Origin: "http://127.0.0.1:1" },
    ] as Record<string, string>[]) {
      for (const method of ["GET", "HEAD", "POST", "OPTIONS"]) {
        for (const path of ["/healthz", "/services", "/requery?reference=r1", "/vend", "/"]) {
          const about = JSON.stringify([method, path, headers]);
          assert.equal(await statusFor(method, path, headers), 403, about);
        }
      }
    }
    assert.equal(world.sandbox.control.counts().exchanges.asked, 0);
    assert.deepEqual(world.serviceProxy.sent, []);
    for (const headers of [
      {},
      { "Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate" },
      { Origin: origin, "Sec-Fetch-Site": "same-origin" },
    ]) {
      assert.equal(await statusFor("GET", "/healthz", headers), 200, JSON.stringify(headers));
      assert.equal(await statusFor("GET", "/services", headers), 200, JSON.stringify(headers));
    }
  };
  await world.withWorker(world.bindings(), use, await bundleBackend("dev.ts"));
});

test("once deployed, a GET from another site is answered, as Access's login needs, but without CORS headers", async () => {
  for (const path of ["/healthz", "/services"]) {
    const headers = { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate" };
    const answer = await world.askWithAccess(path, { headers });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("Access-Control-Allow-Origin"), null);
    assert.equal(answer.headers.get("Cross-Origin-Resource-Policy"), "same-origin");
  }
});

test("for development behind dev.mjs, only a request with its secret is accepted", async () => {
  const bindings = world.bindings({ DEV_PROXY_SECRET: "a-secret" });
  const use = async (dev: Backend) => {
    for (const secret of [undefined, "", "another", "a-secret, a-secret"]) {
      const headers = secret === undefined ? {} : { "Dev-Proxy-Secret": secret };
      for (const path of ["/services", "/healthz"]) {
        assert.equal((await world.ask(dev, path, { headers })).status, 403, String(secret));
      }
    }
    const headers = { "Dev-Proxy-Secret": "a-secret" };
    assert.equal((await world.ask(dev, "/services", { headers })).status, 200);
  };
  await world.withWorker(bindings, use, await bundleBackend("dev.ts"));
});

world.testNoSecretIsShown();
