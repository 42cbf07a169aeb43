// The deployed Worker under faults of the service and mistakes in its environment: its answers, its logs and its bundle
// hold no marked key and no marked token.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { accepted, jwt } from "./portable/harness.ts";
import { textOfBytes } from "./portable/search.ts";
import { type Backend, bundleBackend } from "./support/backend.ts";
import { assertNoSecret } from "./support/leaks.ts";
import { WorkerWorld } from "./support/worker-world.ts";

const world = new WorkerWorld({ sharesBackend: false });

const marked = (write: (unique: string) => string) => {
  const unique = randomUUID();
  return { text: write(unique), unique };
};
const expiresAt = Math.floor(Date.now() / 1_000) + 3_600;
const marks = [
  marked((unique) => `PRIV_KEY_/"+${unique}`),
  marked((unique) => jwt({ exp: expiresAt, id: 1 }).replace(/[^.]+$/, unique)),
  marked((unique) => jwt({ exp: expiresAt, id: 2 }).replace(/[^.]+$/, unique)),
] as const;
const [KEY, TOKEN, NEXT] = marks.map(({ text }) => text) as [string, string, string];
world.secrets.splice(0, Infinity, ...marks);

const ALL = `${KEY} ${TOKEN}`;
const HEADERS = {
  "Content-Type": "application/json",
  "X-Debug": ALL,
  "X-Correlation-Id": TOKEN,
  "WWW-Authenticate": `Bearer error="${TOKEN}"`,
  "Retry-After": TOKEN,
};

type Answer = (response: ServerResponse) => void;

const answers = (status: number, body: string, headers: object = HEADERS): Answer => {
  return (response) => response.writeHead(status, { ...headers }).end(body);
};

/** A refusal that names these secrets wherever it can. */
const refusal = (statusCode: number, secrets: string, token = TOKEN) =>
  JSON.stringify({
    success: false,
    statusCode,
    message: secrets,
    errors: [secrets, { [secrets]: JSON.stringify({ secrets }) }],
    correlationId: secrets,
    data: { token },
  });

const grants = (token: string) => answers(200, accepted({ token, expiresAt }), {});

const breaks: Answer = (response) => response.destroy();
const cut: Answer = (response) => {
  response.writeHead(200, { ...HEADERS, "Content-Length": "5000" });
  response.write(refusal(400, ALL), () => response.destroy());
};

/** How the service answers an exchange. */
const EXCHANGES: Readonly<Record<string, Answer>> = {
  ...Object.fromEntries(
    [400, 401, 403, 429, 500].map((status) => [
      `an exchange that ends with ${status}`,
      answers(status, refusal(status, ALL)),
    ]),
  ),
  "an exchange without JSON": answers(200, `<p>${ALL}</p>`),
  "an exchange with half an answer": cut,
  "an exchange that breaks": breaks,
  "an exchange that redirects": answers(307, ALL, { ...HEADERS, Location: `/${TOKEN}?${TOKEN}` }),
  "a token that has ended": answers(200, accepted({ token: TOKEN, expiresAt: 1 })),
};

/** How the service answers a request. It has got no key, and so it can name none. */
const REQUESTS: Readonly<Record<string, Answer>> = {
  ...Object.fromEntries(
    [200, 400, 403, 409, 429, 500].map((status) => [
      `a request that ends with ${status}`,
      answers(status, refusal(status, TOKEN), { ...HEADERS, "X-Debug": TOKEN }),
    ]),
  ),
  "a request with a page": answers(502, `<p>${TOKEN}</p>`, { "Content-Type": "text/html" }),
  "a request that breaks": breaks,
};

/** Asks the Worker for all that it answers. Returns how often it did. */
async function askAll(backend: Backend): Promise<void> {
  for (const path of ["/healthz", "/services", `/services?q=${randomUUID()}`, "/nothing"]) {
    await world.askWithAccess(path, {}, backend);
  }
  await world.pay(randomUUID(), {}, backend);
  await world.ask(backend, "/services");
}

async function withService(exchange: Answer, request: Answer): Promise<string> {
  return world.withWorker(world.bindings({ PAY4POWER_PRIVATE_KEY: KEY }), async (backend) => {
    let asked = 0;
    world.serviceProxy.override = ({ path, body }, response) => {
      if (path.includes("/auth/token")) {
        assert.equal((JSON.parse(body) as { privateKey: string }).privateKey, KEY);
        exchange(response);
      } else {
        request(response);
      }
      asked += 1;
      return true;
    };
    await askAll(backend);
    assert.ok(asked > 0, "the service was asked");
  });
}

for (const [name, exchange] of Object.entries(EXCHANGES)) {
  test(`${name}: the log tells of it`, async () => {
    assert.match(await withService(exchange, breaks), /exchange\.failure/);
  });
}

for (const [name, request] of Object.entries(REQUESTS)) {
  test(`${name}: the log tells of it`, async () => {
    assert.match(await withService(grants(TOKEN), request), /exchange\.success/);
  });
}

test("a 401, another token, and an answer that names both", async () => {
  const tokens = [TOKEN, NEXT, NEXT, NEXT];
  let requests = 0;
  const logs = await withService(
    (response) => grants(tokens.shift() ?? NEXT)(response),
    (response) => {
      requests += 1;
      const status = requests === 1 ? 401 : 400;
      // The Worker knows the tokens of one request: later ones don't have the first any more.
      const secrets = requests <= 2 ? `${TOKEN} ${NEXT}` : NEXT;
      answers(status, refusal(status, secrets, requests <= 2 ? TOKEN : NEXT), {})(response);
    },
  );
  assert.match(logs, /token\.rejected/);
});

test("a key in place of another variable", async () => {
  const key = KEY.replaceAll(/["/+]/g, ""); // an address would encode them
  world.secrets.push(key);
  for (const name of ["PUBLIC_KEY", "ENVIRONMENT", "BASE_URL", "TOKEN_URL", "PRIVATE_KEY"]) {
    for (const value of [key, `${key}\n`, `https://user:${key}@pay4power.example/`]) {
      const variables = { PAY4POWER_PRIVATE_KEY: key, [`PAY4POWER_${name}`]: value };
      await world.withWorker(world.bindings(variables), askAll);
    }
  }
});

test("the bundle of the Worker holds no key and no token", async () => {
  const modules = await bundleBackend();
  assert.ok(modules.length >= 2);
  for (const { path, contents } of modules) {
    const text = typeof contents === "string" ? contents : textOfBytes(contents);
    assertNoSecret(text, undefined, path);
  }
});

world.testNoSecretIsShown();
