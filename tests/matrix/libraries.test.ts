// Libraries that people use beside the package, or in place of the platform's fetch, as they are.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import type * as Library from "pay4power-auth";
import type { Client, ClientOptions } from "pay4power-auth";
import { KEYS } from "../../sandbox/service.ts";
import { build } from "../../scripts/build.ts";
import { type Script, scripted } from "../portable/harness.ts";
import { type ScriptServer, startScriptServer } from "../support/script-server.ts";
import { nodes } from "./servers.ts";
import { commandOf, consumer, must, versionOf } from "./tools.ts";

const HOUR: Script = { lifetimeS: 3_600 };
const TWICE: Script = { inTurn: [{ status: 401 }, { body: '{"paid":true}' }] };

/** What a library has of the platform's names. */
interface Web {
  readonly fetch: typeof globalThis.fetch;
  readonly FormData: typeof globalThis.FormData;
  readonly Request: typeof globalThis.Request;
  readonly Headers: typeof globalThis.Headers;
  readonly File: typeof globalThis.File;
  readonly Blob: typeof globalThis.Blob;
}

const UNDICI = ["undici", "undici-6"];
const NODE_FETCH = ["node-fetch", "node-fetch-2", "cross-fetch"];

let folder: string;
let script: ScriptServer;
let lib: typeof Library;
let world: { readonly scriptUrl: string };

before(async () => {
  folder = consumer("libraries", await build());
  script = await startScriptServer();
  world = { scriptUrl: script.url };
  const entry = join(folder, "node_modules", "pay4power-auth", "dist", "inline.mjs");
  lib = (await import(pathToFileURL(entry).href)) as typeof Library;
});
after(() => script.close());

async function load(name: string): Promise<Web> {
  const found = createRequire(join(folder, "index.js")).resolve(name);
  const module = (await import(pathToFileURL(found).href)) as Web & { readonly default?: unknown };
  const { default: itself } = module;
  // node-fetch and cross-fetch are their `default`.
  return {
    ...(itself as Web),
    ...module,
    ...(typeof itself === "function" && { fetch: itself }),
  } as Web;
}

/** A client whose exchanges are the platform's, and whose requests are sent by `fetch`, if there is one. */
function clientWith(fetch?: Web["fetch"], options: Partial<ClientOptions> = {}): Client {
  const tokenUrl = scripted(world, HOUR).url;
  const either = (url: string, init: object) =>
    (url === tokenUrl ? globalThis.fetch : (fetch as Web["fetch"]))(url, init);
  const baseUrl = world.scriptUrl;
  return lib.createClient({
    ...KEYS,
    tokenUrl,
    baseUrl,
    ...(fetch && { fetch: either }),
    ...options,
  });
}

/** What arrives of a payment that is refused once for its token: the same, twice. */
async function arrives(client: Client, body: unknown, wanted: RegExp, type: RegExp): Promise<void> {
  const api = scripted(world, TWICE);
  const answer = await client.fetch(api.url, { method: "POST", body: body as BodyInit });
  assert.deepEqual(await answer.json(), { paid: true });
  const calls = await api.calls();
  assert.equal(calls.length, 2);
  for (const call of calls) {
    assert.match(call.body, wanted);
    assert.match(call.headers["content-type"] ?? "", type);
    assert.match(call.headers["authorization"] ?? "", /^Bearer /);
  }
  client.reset();
}

for (const name of [...UNDICI, ...NODE_FETCH, "formdata-node"]) {
  test(`${name} is there`, () => assert.notEqual(versionOf(name), undefined));
}

for (const name of UNDICI) {
  describe(`${name} ${versionOf(name)}`, () => {
    test("its fetch makes exchanges", async () => {
      const { fetch } = await load(name);
      const token = await lib.authenticate({ ...KEYS, tokenUrl: scripted(world, HOUR).url, fetch });
      assert.equal(token.isExpired(), false);
    });

    for (const by of ["its own", "the platform's"]) {
      test(`its forms, Requests and Headers are sent by ${by} fetch`, async () => {
        const { fetch, FormData, Request, Headers } = await load(name);
        const client = clientWith(by === "its own" ? fetch : undefined);
        const form = new FormData();
        form.set("pay", "once");
        form.set("file", new Blob(["of a file"]), "a.txt");
        const wanted = /pay"\s+once[\s\S]*a\.txt[\s\S]*of a file/;
        await arrives(client, form, wanted, /multipart\/form-data/);
        const api = scripted(world, { body: "{}" });
        const headers = new Headers({ "X-Own": "1" });
        await client.fetch(new Request(api.url, { method: "PUT", body: "pay", headers }));
        await client.fetch(new Request(api.url, { headers }));
        await client.fetch(api.url, { headers });
        const calls = await api.calls();
        const sent = calls.map(({ method, body }) => `${method} ${body}`);
        assert.deepEqual(sent, ["PUT pay", "GET ", "GET "]);
        assert.ok(calls.every((call) => call.headers["x-own"] === "1"));
        client.close();
      });
    }
  });
}

for (const name of NODE_FETCH) {
  describe(`${name} ${versionOf(name)}`, () => {
    test("its answers are no exchange: fetch is named, after one attempt", async () => {
      const { fetch } = await load(name);
      const service = scripted(world, HOUR);
      const failing = lib.authenticate({ ...KEYS, tokenUrl: service.url, fetch });
      await assert.rejects(failing, { code: "P4P_INVALID_OPTIONS", message: /`fetch`/ });
      assert.equal((await service.calls()).length, 1);
    });

    test("its answers to client.fetch pass through, also after a 401", async () => {
      const { fetch } = await load(name);
      const client = clientWith(fetch);
      await arrives(client, '{"amount":1}', /^\{"amount":1\}$/, /text\/plain/);
      await arrives(client, new URLSearchParams({ pay: "once" }), /^pay=once$/, /urlencoded/);
      await arrives(client, new TextEncoder().encode("bytes"), /^bytes$/, /^$/);
      client.close();
    });

    test("its Request is sent as it says, by its own fetch and by the platform's", async () => {
      const { fetch, Request } = await load(name);
      for (const client of [clientWith(), clientWith(fetch)]) {
        const api = scripted(world, { body: "{}" });
        const made = { method: "POST", body: "pay", headers: { "X-Own": "1" } };
        await client.fetch(new Request(api.url, made));
        const [call] = await api.calls();
        assert.equal(call?.method, "POST");
        assert.equal(call?.body, "pay");
        assert.equal(call?.headers["x-own"], "1");
        client.close();
      }
    });
  });
}

test("a library that stands in the platform's place gets bodies that it can send", async () => {
  const platforms = globalThis.fetch;
  for (const name of NODE_FETCH) {
    const { fetch } = await load(name);
    const client = clientWith();
    await client.getToken();
    for (const [body, wanted] of [
      ["pay=once", "pay=once"],
      [new URLSearchParams({ pay: "once" }), "pay=once"],
      [undefined, ""],
    ] as const) {
      const api = scripted(world, { body: "{}" });
      globalThis.fetch = fetch;
      try {
        await client.fetch(api.url, { method: "POST", ...(body !== undefined && { body }) });
      } finally {
        globalThis.fetch = platforms;
      }
      assert.deepEqual(
        (await api.calls()).map((call) => call.body),
        [wanted],
      );
    }
    client.close();
  }
});

test("forms and files that the platform does not know are refused by name, never sent as their names", async () => {
  const client = clientWith();
  for (const name of ["node-fetch", "formdata-node"]) {
    const { FormData, File, Blob: OtherBlob } = await load(name);
    const fields = new FormData();
    fields.set("pay", "once");
    await arrives(client, fields, /pay"\s+once/, /multipart\/form-data/);
    const files = new FormData();
    files.set("file", new File(["of a file"], "a.txt"));
    const api = scripted(world, { body: "{}" });
    for (const body of [files, OtherBlob && new OtherBlob(["of a blob"])]) {
      const sent = body && client.fetch(api.url, { method: "POST", body: body as BodyInit });
      await sent?.catch((error) => assert.match(error.message, /`body`/));
    }
    for (const { body } of await api.calls()) {
      assert.match(body, /of a (file|blob)/);
    }
  }
  client.close();
});

test("a dispatcher is used for each method, also one that a Request keeps to itself", async () => {
  const client = clientWith();
  await client.getToken();
  const used: string[] = [];
  const dispatcher = {
    dispatch({ method }: { readonly method: string }) {
      used.push(method);
      throw new Error("dispatched");
    },
  };
  const api = scripted(world, { body: "{}" });
  for (const method of ["GET", "POST", "DELETE"]) {
    const body = method === "POST" ? "pay" : undefined;
    const init = { method, body, dispatcher } as RequestInit;
    for (const given of [
      [api.url, init],
      [new Request(api.url), init],
      [new Request(api.url, init)],
    ]) {
      await assert.rejects(client.fetch(...(given as Parameters<typeof fetch>)));
      assert.deepEqual(used.splice(0), [method]);
    }
  }
  assert.deepEqual(await api.calls(), []);
  client.close();
});

const SHARES_A_SIGNAL = `
import { createClient } from "pay4power-auth";
const [tokenUrl, baseUrl, keys] = process.argv.slice(1);
const client = createClient({ ...JSON.parse(keys), tokenUrl, baseUrl });
const { signal } = new AbortController();
await Promise.all(Array.from({ length: 30 }, () => client.fetch("/answer/x", { signal })));
await Promise.all(Array.from({ length: 30 }, () => client.fetch("/answer/x", { method: "POST", signal })));
client.close();
console.log("done");
`;

for (const { about, command } of nodes) {
  test(`${about.name}: calls that share a signal bring no warning`, async () => {
    const [node, ...args] = command;
    const given = [scripted(world, HOUR).url, world.scriptUrl, JSON.stringify(KEYS)];
    const module = ["--input-type=module", "--eval", SHARES_A_SIGNAL];
    const { stdout, stderr } = await promisify(execFile)(node, [...args, ...module, ...given], {
      cwd: folder,
    });
    assert.equal(stdout, "done\n");
    assert.equal(stderr, "");
  });
}

const SANITISED = `
import { authenticate, createClient } from "pay4power-auth";
const [tokenUrl, baseUrl, keys] = JSON.parse(Deno.env.get("GIVEN"));
const options = { ...JSON.parse(keys), tokenUrl };
Deno.test("authenticate", async () => {
  await authenticate(options);
});
for (const fetch of [undefined, (...given) => globalThis.fetch(...given)]) {
  Deno.test("a client", async () => {
    const client = createClient({ ...options, baseUrl, fetch });
    for (const method of ["GET", "POST", "DELETE"]) {
      await (await client.fetch("/answer/x", { method })).text();
    }
    await (await client.fetch(new Request(baseUrl + "/answer/x", { method: "POST", body: "pay" }))).text();
    client.close();
  });
}
Deno.test("a client of the caller's own, also one that a Request keeps to itself", async () => {
  const client = createClient({ ...options, baseUrl });
  await client.getToken();
  const proxied = Deno.createHttpClient({ proxy: { url: "http://127.0.0.1:9" } });
  for (const method of ["GET", "POST", "DELETE"]) {
    const init = { method, client: proxied, body: method === "POST" ? "pay" : undefined };
    const address = baseUrl + "/answer/x";
    for (const given of [[address, init], [new Request(address), init], [new Request(address, init)]]) {
      const reached = await client.fetch(...given).then(() => true, () => false);
      if (reached) {
        throw new Error(method + " went past the proxy");
      }
    }
  }
  proxied.close();
  client.close();
});
`;

test(`Deno ${versionOf("deno")}: nothing is left open after close, and a caller's own client is used`, async () => {
  writeFileSync(join(folder, "sanitised.test.mjs"), SANITISED);
  const given = JSON.stringify([scripted(world, HOUR).url, world.scriptUrl, JSON.stringify(KEYS)]);
  const args = [
    "test",
    "--no-prompt",
    "--allow-net=127.0.0.1",
    "--allow-env=GIVEN",
    "sanitised.test.mjs",
  ];
  const env = { ...process.env, GIVEN: given, NO_COLOR: "1" };
  const ran = promisify(execFile)(commandOf("deno"), args, { cwd: folder, env });
  const { stdout } = await ran.catch((error: { stdout: string; stderr: string }) =>
    assert.fail(error.stdout + error.stderr),
  );
  assert.match(stdout, /4 passed \| 0 failed/);
});

const TYPES = `
import nodeFetch from "node-fetch";
import * as undici from "undici";
import * as undici6 from "undici-6";
import crossFetch from "cross-fetch";
import { authenticate, type Client, createClient, type FetchLike } from "pay4power-auth";

const keys = { publicKey: "PUB_KEY_sandbox", privateKey: "PRIV_KEY_sandbox" };
const all: FetchLike[] = [undici.fetch, undici6.fetch, nodeFetch, crossFetch, fetch, globalThis.fetch];
export const clients: Client[] = [
  createClient({ ...keys, fetch: undici.fetch }),
  createClient({ ...keys, fetch: (url, init) => undici.fetch(url, init) }),
  createClient({ ...keys, fetch: (url, init) => undici.fetch(url, { ...init, dispatcher: new undici.Agent() }) }),
  createClient({ ...keys, fetch: async (url, init) => fetch(url, { ...init, headers: { ...init.headers } }) }),
  createClient({ ...keys, fetch: (url: RequestInfo | URL, init?: RequestInit) => fetch(url, init) }),
  ...all.map((fetch) => createClient({ ...keys, fetch })),
];
export const tokens = all.map((fetch) => authenticate({ ...keys, fetch }));
// @ts-expect-error: no fetch
createClient({ ...keys, fetch: () => "no promise" });
`;

test("the types of fetches, and of functions around them, fit the option", () => {
  writeFileSync(join(folder, "types.ts"), TYPES);
  const compiler = [
    "--noEmit",
    "--strict",
    "--skipLibCheck",
    "--module",
    "nodenext",
    "--target",
    "es2022",
  ];
  must(
    folder,
    "tsc",
    ...compiler,
    "--lib",
    "es2023,dom,dom.iterable",
    "--types",
    "node",
    "types.ts",
  );
});
