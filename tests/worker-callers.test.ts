// The deployed Worker, and the Worker for development: the callers that they let in.
import assert from "node:assert/strict";
import { once } from "node:events";
import { request as sendRaw } from "node:http";
import { test } from "node:test";
import { generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { AUDIENCE } from "./support/access.ts";
import { type Backend, bundleBackend, SECRETS } from "./support/backend.ts";
import { assertProblem, Scene } from "./support/scene.ts";

const scene = new Scene({ sharesWorker: true });

test("only a valid assertion of Access for this application is let in", async () => {
  const nowS = Math.floor(Date.now() / 1_000);
  const { claims, good, other, secret } = scene.access;
  const unsigned = new UnsecuredJWT({ email: "x" })
    .setIssuer(scene.access.teamDomain)
    .setAudience(AUDIENCE)
    .setExpirationTime("5m")
    .encode();
  const refused: Record<string, string | undefined> = {
    nothing: undefined,
    empty: "",
    "no JWT": "a.b.c",
    expired: await claims()
      .setExpirationTime(nowS - 10)
      .sign(good),
    "not yet valid": await claims()
      .setNotBefore(nowS + 60)
      .sign(good),
    "from after tomorrow": await claims()
      .setIssuedAt(nowS + 86_400)
      .setExpirationTime(nowS + 90_000)
      .sign(good),
    "from a minute ahead": await claims()
      .setIssuedAt(nowS + 60)
      .sign(good),
    "without a name": await claims({}, { email: "", sub: "" }).sign(good),
    "for a name that is no text": await claims({}, { email: { a: 1 } }).sign(good),
    "of an unusual key": await claims({ kid: 1 as never }).sign(good),
    "with what nobody here knows": await claims({ crit: ["x"], x: 1 } as never)
      .sign(good, { crit: { x: true } })
      .catch(() => ""),
    "not encoded": await claims({ b64: false, crit: ["b64"] } as never)
      .sign(good)
      .catch(() => ""),
    twice: [await scene.access.assertion(), await scene.access.assertion()].join(", "),
    "for another application": await claims().setAudience(["other"]).sign(good),
    "of another team": await claims().setIssuer("https://other.cloudflareaccess.com").sign(good),
    "signed by another key": await claims().sign(other),
    "of an unknown key": await claims({ kid: "?" }).sign(other),
    "signed with the public key as a secret": await claims({ alg: "HS256" }).sign(secret),
    "with another algorithm": await claims({ alg: "PS256" }).sign(
      (await generateKeyPair("PS256")).privateKey,
    ),
    "not signed": unsigned,
    "without an end": await new SignJWT({ email: "x" })
      .setProtectedHeader({ alg: "RS256", kid: "good" })
      .setIssuer(scene.access.teamDomain)
      .setAudience(AUDIENCE)
      .setIssuedAt()
      .setSubject("x")
      .sign(good),
    changed: (await claims().sign(good)).replace(/\.[^.]+\./, ".eyJzdWIiOiJ4In0."),
  };
  for (const [name, assertion] of Object.entries(refused)) {
    const headers = assertion === undefined ? {} : { "Cf-Access-Jwt-Assertion": assertion };
    for (const path of ["/services", "/nothing"]) {
      const answer = await scene.ask(scene.backend, path, { headers });
      assert.equal(answer.body["code"], "CALLER_REFUSED", name);
      assertProblem(answer, 403, "CALLER_REFUSED");
    }
  }
  const cookie = { Cookie: `CF_Authorization=${await scene.access.assertion()}` };
  assertProblem(
    await scene.ask(scene.backend, "/services", { headers: cookie }),
    403,
    "CALLER_REFUSED",
  );
  assert.deepEqual(scene.middleman.sent, []);
  const serviceToken = await claims().setSubject("").sign(good);
  const headers = { "Cf-Access-Jwt-Assertion": serviceToken };
  assert.equal((await scene.ask(scene.backend, "/services", { headers })).status, 200);
});

test("clocks that are a little apart let a caller in, and so does an assertion for several applications", async () => {
  const nowS = Math.floor(Date.now() / 1_000);
  const { claims, good } = scene.access;
  for (const signed of [
    claims()
      .setIssuedAt(nowS + 3)
      .setNotBefore(nowS + 3),
    claims().setExpirationTime(nowS - 1),
    claims().setAudience(["other", AUDIENCE]),
    claims().setAudience(AUDIENCE),
    claims().setIssuedAt(nowS - 86_400 * 30),
  ]) {
    const headers = { "Cf-Access-Jwt-Assertion": await signed.sign(good) };
    assert.equal((await scene.ask(scene.backend, "/services", { headers })).status, 200);
  }
});

test("a request that changes something is refused from another site's page", async () => {
  const { origin } = scene.backend.url;
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
    assertProblem(await scene.pay("cross-site", headers as never), 403, "FROM_ELSEWHERE");
  }
  assert.equal(scene.ledger("cross-site"), undefined);
  assert.equal(
    (await scene.pay("own-page", { "Sec-Fetch-Site": "same-origin", Origin: origin })).status,
    200,
  );
});

test("without a check of callers every caller is refused, and the problem says how to add one", async () => {
  for (const none of [{ ACCESS_TEAM_DOMAIN: "", ACCESS_AUDIENCE: "" }, undefined]) {
    const { ACCESS_TEAM_DOMAIN: _, ACCESS_AUDIENCE: __, ...rest } = scene.variables();
    await scene.withWorker({ ...SECRETS, ...rest, ...none }, async (backend) => {
      const answer = await scene.ask(backend, "/services", { headers: await scene.assertion() });
      assertProblem(answer, 403, "NO_CHECK_OF_CALLERS");
      assert.match(String(answer.body["detail"]), /ACCESS_TEAM_DOMAIN.*src\/caller-check\.ts/);
      assert.equal((await scene.ask(backend, "/healthz")).status, 200);
    });
  }
  assert.deepEqual(scene.middleman.sent, []);
});

test("without the keys of Access every caller is refused with 503", async () => {
  scene.access.isDown = true;
  try {
    await scene.withWorker({ ...SECRETS, ...scene.variables() }, async (backend) => {
      const answer = await scene.ask(backend, "/services", { headers: await scene.assertion() });
      assertProblem(answer, 503, "CALLER_NOT_CHECKED");
      assert.equal((await scene.ask(backend, "/services")).body["code"], "CALLER_REFUSED");
      scene.access.isDown = false;
      assert.equal(
        (await scene.ask(backend, "/services", { headers: await scene.assertion() })).status,
        200,
      );
    });
  } finally {
    scene.access.isDown = false;
  }
});

test("for development every program of this machine may call, by the names of this machine only", async () => {
  const use = async (dev: Backend) => {
    assert.equal((await scene.ask(dev, "/services")).status, 200);
    const { hostname, port } = dev.url;
    const statusFor = async (headers: Record<string, string>) => {
      const sent = sendRaw({ hostname, port, path: "/services", headers, agent: false }).end();
      const [response] = await once(sent, "response");
      response.resume();
      return response.statusCode;
    };
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
  const modules = await bundleBackend("dev.ts");
  await scene.withWorker({ ...SECRETS, ...scene.variables() }, use, modules);
});

test("for development every request of another origin's page is refused", async () => {
  const use = async (dev: Backend) => {
    const { port, origin, host } = dev.url;
    const statusFor = async (method: string, path: string, headers: Record<string, string>) => {
      const all = { Host: host, ...headers };
      const sent = sendRaw({
        hostname: "127.0.0.1",
        port,
        method,
        path,
        headers: all,
        agent: false,
      });
      const [response] = await once(sent.end(), "response");
      response.resume();
      return response.statusCode;
    };
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
    assert.equal(scene.sandbox.control.counts().exchanges.asked, 0);
    assert.deepEqual(scene.middleman.sent, []);
    for (const headers of [
      {},
      { "Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate" },
      { Origin: origin, "Sec-Fetch-Site": "same-origin" },
    ]) {
      assert.equal(await statusFor("GET", "/healthz", headers), 200, JSON.stringify(headers));
      assert.equal(await statusFor("GET", "/services", headers), 200, JSON.stringify(headers));
    }
  };
  await scene.withWorker({ ...SECRETS, ...scene.variables() }, use, await bundleBackend("dev.ts"));
});

test("once deployed, another site may lead to a request that only reads, as Access's login does", async () => {
  for (const path of ["/healthz", "/services"]) {
    const headers = { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate" };
    const answer = await scene.asTeller(path, { headers });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("Access-Control-Allow-Origin"), null);
    assert.equal(answer.headers.get("Cross-Origin-Resource-Policy"), "same-origin");
  }
});

test("for development behind the proxy, only a request with its secret is let in", async () => {
  const bindings = { ...SECRETS, ...scene.variables(), DEV_PROXY_SECRET: "a-secret" };
  const use = async (dev: Backend) => {
    for (const secret of [undefined, "", "another", "a-secret, a-secret"]) {
      const headers = secret === undefined ? {} : { "Dev-Proxy-Secret": secret };
      for (const path of ["/services", "/healthz"]) {
        assert.equal((await scene.ask(dev, path, { headers })).status, 403, String(secret));
      }
    }
    const headers = { "Dev-Proxy-Secret": "a-secret" };
    assert.equal((await scene.ask(dev, "/services", { headers })).status, 200);
  };
  await scene.withWorker(bindings, use, await bundleBackend("dev.ts"));
});

scene.showsNoSecret();
