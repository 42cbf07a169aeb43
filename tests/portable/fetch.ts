// A client's fetch: where the token goes, and when a request is sent again.
import { expect } from "chai";
import type { AuthError, Client, ClientOptions } from "pay4power-auth";
import { type Case, type Script, scripted, type World } from "./harness.ts";
import { arrived, clientOf, failsAfterStream, failure, withClocksHeld } from "./make.ts";

const HOUR: Script = { lifetimeS: 3_600 };
const UNAUTHORIZED: Script = { status: 401 };

/** A client whose `baseUrl` is the script server's. */
function fetcher(world: World, exchange: Script = HOUR, options: Partial<ClientOptions> = {}) {
  return clientOf(world, exchange, { baseUrl: world.scriptUrl, ...options });
}

/** An answer with one and the same token, however often it is given. */
async function tokenAnswer(world: World): Promise<string> {
  return (await fetch(scripted(world, HOUR).url, { method: "POST" })).text();
}

const close = (client: Client) => client.close();

export const fetchCases: Case[] = [
  {
    name: "a request carries the token, its own headers and its body",
    async run(world) {
      const { client } = fetcher(world);
      const first = await client.getToken();
      const bytes = new TextEncoder().encode("bytes");
      const bodies: [BodyInit, string][] = [
        ["text", "text"],
        [bytes, "bytes"],
        [bytes.buffer, "bytes"],
        [new Blob(["blob"]), "blob"],
        [new URLSearchParams({ a: "1" }), "a=1"],
      ];
      for (const [body, wanted] of bodies) {
        const api = scripted(world, { body: "{}" });
        const init = { method: "POST", body, headers: { "X-Own": "1" } };
        const path = api.url.slice(world.scriptUrl.length);
        expect((await client.fetch(path, init)).status).to.equal(200);
        const [call] = await api.calls();
        expect(call?.body).to.equal(wanted);
        expect(call?.headers).to.include({ authorization: first.authorization, "x-own": "1" });
      }
      const form = new FormData();
      form.set("field", "of a form");
      const forms = scripted(world, { inTurn: [UNAUTHORIZED, { body: "{}" }] });
      expect((await client.fetch(forms.url, { method: "POST", body: form })).status).to.equal(200);
      expect((await forms.calls()).every(({ body }) => body.includes("of a form"))).to.equal(true);
      client.reset();
      const { value } = await client.getToken();
      for (const make of [(url: string) => url, (url: string) => new URL(url)]) {
        const api = scripted(world, { body: "{}" });
        await client.fetch(make(api.url));
        expect((await api.calls())[0]?.headers).to.include({ authorization: `Bearer ${value}` });
      }
      const api = scripted(world, { body: "{}" });
      await client.fetch(new Request(api.url, { method: "POST", body: "of a Request" }));
      expect((await api.calls())[0]).to.deep.include({ body: "of a Request" });
      close(client);
    },
  },
  {
    name: "a request is what it was when it was made, whatever becomes of its parts meanwhile",
    async run(world) {
      const { client } = fetcher(world);
      await client.getToken();
      const inTurn: Script[] = [UNAUTHORIZED, { body: "{}" }];
      const own = (body: BodyInit, change: () => void) => ({ body, change });
      const init: RequestInit = { method: "POST" };
      const bytes = new TextEncoder().encode("first");
      const buffer = new TextEncoder().encode("first").buffer;
      const fields = new URLSearchParams({ pay: "first" });
      const form = new FormData();
      form.set("pay", "first");
      const bodies = [
        own("first", () => {}),
        own(bytes, () => bytes.fill(0)),
        own(buffer, () => new Uint8Array(buffer).fill(0)),
        own(fields, () => fields.set("pay", "other")),
        own(form, () => form.set("pay", "other")),
      ];
      for (const { body, change } of bodies) {
        const api = scripted(world, { inTurn });
        init.body = body;
        init.method = "POST";
        const answer = client.fetch(api.url, init);
        change();
        init.body = "other";
        init.method = "PUT";
        expect((await answer).status).to.equal(200);
        const calls = await api.calls();
        expect(calls).to.have.length(2);
        expect(calls.every((call) => call.body.includes("first"))).to.equal(true);
      }
      const api = scripted(world, { body: "{}" });
      const answers = ["one", "two", "three"].map((body) => {
        init.body = body;
        return client.fetch(api.url, init);
      });
      await Promise.all(answers);
      const sent = (await api.calls()).map(({ body }) => body);
      expect(sent.sort()).to.deep.equal(["one", "three", "two"]);
      close(client);
    },
  },
  {
    name: "a Request may stand for what a request is made of",
    async run(world) {
      const { client } = fetcher(world);
      const token = await client.getToken();
      const api = scripted(world, { body: "{}" });
      // Its body is a stream, which Chromium sends over HTTP/2 only.
      const body = world.browser ? null : "pay";
      const made = { method: "POST", body, headers: { "X-Own": "1" } };
      const incoming = new Request("https://shop.example/", made);
      expect((await client.fetch(api.url, incoming)).status).to.equal(200);
      const [call] = await api.calls();
      expect(call?.body).to.equal(body ?? "");
      expect(call?.headers).to.include({ authorization: token.authorization, "x-own": "1" });

      const refused = scripted(world, { inTurn: [UNAUTHORIZED, { body: "{}" }] });
      const reads = new Request("https://shop.example/", { headers: { "X-Own": "2" } });
      expect((await client.fetch(new Request(refused.url), reads)).status).to.equal(200);
      const calls = await refused.calls();
      expect(calls.map(({ headers }) => headers["x-own"])).to.deep.equal(["2", "2"]);

      const both = scripted(world, { body: "{}" });
      const bare = new Request("https://shop.example/", { method: "PUT" });
      const answer = await client.fetch(new Request(both.url, { method: "POST", body }), bare);
      expect(answer.status).to.equal(200);
      const [paid] = await both.calls();
      expect(paid).to.include({ method: "PUT", body: body ?? "" });
      close(client);
    },
  },
  {
    name: "the token stays under the base address",
    async run(world) {
      const { client, exchanges } = clientOf(world, HOUR, { baseUrl: `${world.scriptUrl}/answer` });
      const outside = scripted(world, { body: "{}" });
      const elsewhere = new URL(outside.url);
      elsewhere.hostname = "localhost";
      for (const input of [
        elsewhere,
        elsewhere.href,
        new Request(elsewhere),
        `${world.scriptUrl}/calls/1`,
        `${world.scriptUrl}/answers/1`,
        "../calls/1",
        "a/..%2f..%2fcalls",
        "https://pay4power.example/",
      ]) {
        const error = await failure(client.fetch(input));
        expect(error.code, String(input)).to.equal("P4P_FORBIDDEN_ORIGIN");
        const { origin } = new URL(input instanceof Request ? input.url : input, world.scriptUrl);
        const message = `expected an address under \`baseUrl\`, found one outside it, at ${origin}`;
        expect(error.message).to.equal(message); // the rest of the address may hold a secret
      }
      expect(await outside.calls()).to.deep.equal([]);
      expect(await exchanges()).to.equal(0);

      const own = { headers: { Authorization: "Bearer mine" } };
      expect((await client.fetch(outside.url, own)).status).to.equal(200);
      expect((await outside.calls())[0]?.headers).to.include({ authorization: "Bearer mine" });
      expect(await exchanges()).to.equal(0);
      close(client);
    },
  },
  {
    name: "an address is the same whether its path was asked for before or not",
    async run(world) {
      const asked: string[] = [];
      const base = "https://api.example/v1";
      const { client, exchanges } = clientOf(world, HOUR, {
        baseUrl: base,
        fetch: async (url, init) => {
          if (String(url).startsWith(world.scriptUrl)) {
            return fetch(url, init); // for the token
          }
          asked.push(String(url));
          return new Response();
        },
      });
      /** Where a request goes, or the code of the error. */
      const sent = async (input: string, init?: RequestInit) => {
        const error = await client.fetch(input, init).then(
          () => undefined,
          (thrown) => thrown,
        );
        return asked.pop() ?? (error as AuthError).code;
      };
      const own = { headers: { Authorization: "Bearer mine" } }; // the core decides each time
      const isUnderBase = (url: string) => /^https:\/\/api\.example\/v1(?=$|[/?#])/.test(url);
      const paths = [
        ...[
          "",
          "/",
          "a",
          "/a",
          "//a",
          "/a/../b",
          "/a/./b/",
          "/a/%2e%2e/c",
          "a%20b",
          "/a:b@c",
          "../c",
        ],
        ...[
          "/a b",
          "/a\tb",
          "/é",
          "/a\\b",
          "/a|b",
          "/a'b",
          "/{a}",
          "/a ",
          " /a",
          "/%",
          "/^`",
          `${base}/a`,
        ],
      ];
      const queries = [
        ...["", "?", "?a=1", "?a=1&b=/../c", "??a", "?a=%20", "?%", "?a:b@c", "?a=%2f"],
        ...["?a b", "?a'b", "?é", '?"<>', "?a#b", "#b", "#b?c", "? ", "?a\tb", "?a\\b", "?[a]={b}"],
      ];
      for (const path of paths) {
        for (const input of queries.map((query) => path + query)) {
          const url = await sent(input, own);
          const wanted = isUnderBase(url) ? url : "P4P_FORBIDDEN_ORIGIN";
          expect([await sent(input), await sent(input)], input).to.deep.equal([wanted, wanted]);
        }
      }
      expect(await sent("/a?b#c", own)).to.equal(`${base}/a?b#c`);
      // More paths than are remembered, and back to the first one.
      for (let count = 0; count < 1_200; count++) {
        expect(await sent(`/many/${count}?a`)).to.equal(`${base}/many/${count}?a`);
      }
      expect(await sent("/a?again")).to.equal(`${base}/a?again`);
      expect(await exchanges()).to.equal(1);
      close(client);
    },
  },
  {
    name: "without a base address a path is an error that names it",
    async run(world) {
      const { client } = clientOf(world, HOUR);
      const error = await failure(client.fetch("/services"));
      expect(error.code).to.equal("P4P_INVALID_OPTIONS");
      expect(error.message).to.include("baseUrl");
      close(client);
    },
  },
  {
    name: "a redirect is returned, not followed",
    async run(world) {
      const { client } = fetcher(world);
      const target = scripted(world, { body: "{}" });
      const api = scripted(world, { status: 307, headers: { location: target.url } });
      const answer = await client.fetch(api.url, { redirect: "follow" });
      expect(answer.status).to.be.oneOf([307, 0]); // a page sees an opaque one
      expect(await target.calls()).to.deep.equal([]);
      close(client);
    },
  },
  {
    name: "a 401 is sent again once, with a new token",
    async run(world) {
      const { client, exchanges, types } = fetcher(world);
      const api = scripted(world, { inTurn: [UNAUTHORIZED, { body: "fine" }] });
      const answer = await client.fetch(api.url, { method: "POST", body: "pay" });
      expect(await answer.text()).to.equal("fine");
      const calls = await api.calls();
      expect(calls.map(({ body }) => body)).to.deep.equal(["pay", "pay"]);
      expect(calls[0]?.headers["authorization"]).not.to.equal(calls[1]?.headers["authorization"]);
      expect(await exchanges()).to.equal(2);
      expect(types().slice(2)).to.deep.equal([
        "token.rejected",
        "exchange.start",
        "exchange.success",
        "replay",
      ]);
      close(client);
    },
  },
  {
    name: "a 401 is sent again though somebody else holds its body too",
    async run(world) {
      const { client } = fetcher(world, HOUR, {
        async fetch(url, init) {
          const answer = await fetch(url, init);
          answer.clone(); // as Next.js does: now a cancel never ends
          return answer;
        },
      });
      const api = scripted(world, { inTurn: [UNAUTHORIZED, { body: "fine" }] });
      expect(await (await client.fetch(api.url)).text()).to.equal("fine");
      close(client);
    },
  },
  {
    name: "a second 401 is returned, and forces no exchange for a while",
    async run(world) {
      const { client, exchanges } = fetcher(world);
      const api = scripted(world, UNAUTHORIZED);
      await withClocksHeld(async (move) => {
        for (let asked = 0; asked < 5; asked++) {
          expect((await client.fetch(api.url)).status).to.equal(401);
          move(1_000);
        }
      });
      expect(await api.calls()).to.have.length(6);
      expect(await exchanges()).to.equal(2);
      close(client);
    },
  },
  {
    name: "1,000 concurrent 401s make one exchange and 1,000 successes",
    load: true,
    async run(world) {
      const { client, exchanges } = fetcher(world, { ...HOUR, delayMs: 50 });
      await client.getToken();
      const apis = Array.from({ length: 1_000 }, () =>
        scripted(world, { inTurn: [UNAUTHORIZED, { body: "fine" }] }),
      );
      const answers = await Promise.all(
        apis.map(async ({ url }) => (await client.fetch(url)).status),
      );
      expect(answers.filter((status) => status === 200)).to.have.length(1_000);
      expect(await exchanges()).to.equal(2);
      close(client);
    },
  },
  {
    name: "a stream is not sent again",
    async run(world) {
      const { client, exchanges } = fetcher(world);
      const api = scripted(world, { inTurn: [UNAUTHORIZED, { body: "fine" }] });
      const request = new Request(api.url, { method: "POST", body: "pay" });
      expect((await client.fetch(request)).status).to.equal(401);
      expect(await api.calls()).to.have.length(1);
      if (!world.browser && !failsAfterStream()) {
        // Chromium sends streams over HTTP/2 only.
        const other = scripted(world, { inTurn: [UNAUTHORIZED, { body: "fine" }] });
        const body = new Response("pay").body;
        const init = { method: "POST", body, duplex: "half" } as RequestInit;
        expect((await client.fetch(other.url, init)).status).to.equal(401);
        expect((await other.calls()).map((call) => call.body)).to.deep.equal(["pay"]);
      }
      // The token is dropped, and the next request has another.
      const next = scripted(world, { body: "fine" });
      expect((await client.fetch(next.url)).status).to.equal(200);
      expect(await exchanges()).to.equal(2);
      close(client);
    },
  },
  {
    name: "a late 401 of a token that was replaced holds nothing up",
    async run(world) {
      const { client, exchanges } = fetcher(world);
      const held = scripted(world, { ...UNAUTHORIZED, held: true });
      const request = new Request(held.url, { method: "POST", body: "pay" });
      const late = client.fetch(request);
      await arrived(held);
      client.invalidate();
      await client.getToken();
      await held.release();
      expect((await late).status).to.equal(401);
      const api = scripted(world, { inTurn: [UNAUTHORIZED, { body: "fine" }] });
      expect((await client.fetch(api.url)).status).to.equal(200);
      expect(await exchanges()).to.equal(3);
      close(client);
    },
  },
  {
    name: "a 401 is not sent again with the token that it was for",
    async run(world) {
      const { client, exchanges } = fetcher(world, { body: await tokenAnswer(world) });
      const api = scripted(world, UNAUTHORIZED);
      await withClocksHeld(async () => {
        for (let asked = 0; asked < 3; asked++) {
          const answer = await client.fetch(api.url, { method: "POST", body: "pay" });
          expect(answer.status).to.equal(401);
        }
      });
      expect(await api.calls()).to.have.length(3);
      expect(await exchanges()).to.equal(2);
      close(client);
    },
  },
  {
    name: "nothing but a 401 is ever sent again, nor hidden",
    async run(world) {
      const { client, exchanges } = fetcher(world);
      // Chromium itself sends a request again after a 408, and after a connection that is reset
      // before any answer: what a page can't be kept from, a server must not do.
      const statuses = [400, 403, 429, 500, 502, 503, ...(world.browser ? [] : [408])];
      for (const status of statuses) {
        const api = scripted(world, { inTurn: [{ status }, { body: "fine" }] });
        expect((await client.fetch(api.url, { method: "POST", body: "pay" })).status).to.equal(
          status,
        );
        expect(await api.calls()).to.have.length(1);
      }
      for (const fault of [world.browser ? "silent" : "reset", "silent"] as const) {
        const api = scripted(world, { inTurn: [{ fault }, { body: "fine" }] });
        const controller = new AbortController();
        const { signal } = controller;
        const failed = failure(client.fetch(api.url, { method: "POST", body: "pay", signal }));
        await arrived(api);
        if (fault === "silent") {
          controller.abort();
        }
        const error = await failed;
        expect(world.lib.isAuthError(error)).to.equal(false);
        expect((await api.calls()).length).to.equal(1);
      }
      expect(await exchanges()).to.equal(1);
      close(client);
    },
  },
  {
    name: "an abort while waiting for a token is the caller's own reason",
    async run(world) {
      const { client, asked } = fetcher(world, { fault: "silent" });
      const reason = new RangeError("left");
      const controller = new AbortController();
      const left = failure(client.fetch("/x", { signal: controller.signal }));
      await asked();
      controller.abort(reason);
      expect(await left).to.equal(reason);
      close(client);
    },
  },
];
