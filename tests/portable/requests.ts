// What a caller gives is what is sent, and what is checked is where it goes.
import { expect } from "chai";
import type { Client, ClientOptions } from "pay4power-auth";
import { type Case, type Script, scripted, type World } from "./harness.ts";
import { arrived, clientOf, failure, good } from "./make.ts";
import { loose, OtherRequest } from "./other-classes.ts";

const HOUR: Script = { lifetimeS: 3_600 };

type Init = RequestInit & Record<string, unknown>;

function fetcher(world: World, options: Partial<ClientOptions> = {}) {
  return clientOf(world, HOUR, { baseUrl: world.scriptUrl, ...options });
}

interface Sent {
  readonly to: unknown;
  readonly init: Init;
}

/** A client with a token, whose requests are recorded, by the `fetch` that it was given or in place of the platform's. */
async function recorded(
  world: World,
  run: (client: Client, sent: Sent[]) => Promise<void>,
  answers: () => Response = () => new Response("{}"),
): Promise<void> {
  const real = globalThis.fetch;
  for (const isGiven of [true, false]) {
    const sent: Sent[] = [];
    const service = scripted(world, HOUR);
    const record = async (to: unknown, init: unknown) => {
      if (to === service.url) {
        return real(to, init as RequestInit);
      }
      sent.push({ to, init: init as Init });
      return answers();
    };
    const { client } = fetcher(world, {
      tokenUrl: service.url,
      ...(isGiven && { fetch: record }),
    });
    await client.getToken();
    globalThis.fetch = record as typeof fetch;
    try {
      await run(client, sent);
    } finally {
      globalThis.fetch = real;
      client.close();
    }
  }
}

/** What other packages, or an attacker, may leave behind. */
async function polluted(members: object, run: () => Promise<void>): Promise<void> {
  Object.assign(Object.prototype, members);
  try {
    await run();
  } finally {
    for (const name of Object.keys(members)) {
      delete (Object.prototype as Record<string, unknown>)[name];
    }
  }
}

export const requestCases: Case[] = [
  {
    name: "every member of init reaches fetch as it was given, also beside a Request",
    async run(world) {
      const members = {
        next: { revalidate: false },
        cf: { cacheTtl: 1 },
        dispatcher: { dispatch() {} },
        client: { close() {} },
        agent: () => {},
        proxy: "http://127.0.0.1:9/",
        tls: { rejectUnauthorized: true },
        compress: false,
        priority: "high",
        integrity: "sha256-",
        referrerPolicy: "no-referrer",
      };
      class Inherited {
        get method() {
          return "GET";
        }
      }
      Object.assign(Inherited.prototype, members);
      const inits = {
        plain: members,
        frozen: Object.freeze({ ...members }),
        bare: Object.assign(Object.create(null), members),
        inherited: Object.create(members),
        "of a class": new Inherited(),
      };
      await recorded(world, async (client, sent) => {
        const url = `${world.scriptUrl}/given`;
        for (const [name, init] of Object.entries(inits)) {
          for (const input of ["/given", new URL(url), new Request(url)]) {
            await loose(client)(input, init);
            const { to, init: got } = sent.at(-1) ?? ({} as Sent);
            expect((to as Request).url ?? to, name).to.equal(url);
            for (const [member, value] of Object.entries(members)) {
              expect(got[member], `${name}: ${member}`).to.equal(value);
            }
            expect(got.redirect).to.equal("manual");
            expect(got.method).to.equal("GET");
          }
        }
      });
    },
  },
  {
    name: "each member of init is read once",
    async run(world) {
      const reads: Record<string, number> = {};
      const given = { method: "PUT", headers: { "X-Own": "1" }, body: "pay", signal: null, cf: {} };
      const init = Object.defineProperties(
        {},
        Object.fromEntries(
          Object.entries(given).map(([name, value]) => {
            const get = () => {
              reads[name] = (reads[name] ?? 0) + 1;
              return reads[name] === 1 ? value : "something else";
            };
            return [name, { get, enumerable: true }];
          }),
        ),
      );
      let answered = 0;
      const answers = () => new Response("{}", { status: answered++ % 2 ? 200 : 401 });
      const run = async (client: Client, sent: Sent[]) => {
        for (const name of Object.keys(reads)) {
          delete reads[name];
        }
        await loose(client)("/given", init);
        expect(reads).to.deep.equal({ method: 1, headers: 1, body: 1, signal: 1, cf: 1 });
        for (const { init: got } of sent) {
          expect(got.method).to.equal("PUT");
          expect(new Headers(got.headers).get("X-Own")).to.equal("1");
        }
      };
      await recorded(world, run, answers);
    },
  },
  {
    name: "a fetch that was given gets the address as text, and all that can be read of a Request",
    async run(world) {
      const sent: Sent[] = [];
      const { client } = fetcher(world, {
        fetch: (to: unknown, init: unknown) => {
          sent.push({ to, init: init as Init });
          return fetch(to as string, init as RequestInit);
        },
      });
      const controller = new AbortController();
      const { signal } = controller;
      const api = scripted(world, { body: "{}" });
      const body = world.browser ? null : "pay"; // Chromium sends a stream over HTTP/2 only
      const made = { method: "PUT", body, headers: { "X-Own": "1" }, signal };
      await client.fetch(new Request(api.url, made));
      const { to, init } = sent.at(-1) ?? ({} as Sent);
      expect(to).to.equal(api.url);
      expect(init.method).to.equal("PUT");
      const [call] = await api.calls();
      expect(call).to.include({ method: "PUT", body: body ?? "" });
      expect(call?.headers).to.include({ "x-own": "1" });
      controller.abort();
      expect((init.signal as AbortSignal).aborted).to.equal(true);
      client.close();
    },
  },
  {
    name: "a Request of another library is sent as it says",
    async run(world) {
      for (const options of [
        {},
        { fetch: (...given: Parameters<typeof fetch>) => fetch(...given) },
      ]) {
        const { client } = fetcher(world, options);
        for (const body of [null, "pay", new TextEncoder().encode("pay")]) {
          const api = scripted(world, { inTurn: [{ status: 401 }, { body: "{}" }] });
          const method = body === null ? "GET" : "POST";
          const answer = await loose(client)(new OtherRequest(api.url, method, body));
          expect(answer.status).to.equal(200);
          const calls = await api.calls();
          expect(calls).to.have.length(2);
          expect(calls[1]).to.include({ method, body: body === null ? "" : "pay" });
          expect(calls[1]?.headers).to.include({ "x-own": "1" });
          client.reset();
        }
        const outside = new OtherRequest("https://pay4power.example/");
        expect((await failure(loose(client)(outside))).code).to.equal("P4P_FORBIDDEN_ORIGIN");
        client.close();
      }
    },
  },
  {
    name: "a Request that says one thing and is another takes the token nowhere else",
    async run(world) {
      const { client } = clientOf(world, HOUR, { baseUrl: `${world.scriptUrl}/answer` });
      const inside = scripted(world, { body: "{}" });
      const outside = scripted(world, { body: "{}" });
      outside.url = outside.url.replace("/answer/", "/elsewhere/");
      class Lying extends Request {
        override get url(): string {
          return inside.url;
        }
      }
      let turns = 0;
      class Turning extends Request {
        override get url(): string {
          return turns++ % 2 ? outside.url : inside.url;
        }
      }
      const defined = Object.defineProperty(new Request(outside.url), "url", { value: inside.url });
      const inherits = Object.create(new Request(outside.url), { url: { value: inside.url } });
      const proxy = new Proxy(new Request(outside.url), {
        get: (target, name) => (name === "url" ? inside.url : Reflect.get(target, name, target)),
      });
      for (const input of [
        new Lying(outside.url),
        new Turning(outside.url),
        new Turning(outside.url),
        defined,
        inherits,
        proxy,
      ]) {
        await loose(client)(input).catch(() => {});
      }
      expect(await outside.calls()).to.deep.equal([]);
      class Honest extends Request {}
      expect((await client.fetch(new Honest(inside.url))).status).to.equal(200);
      client.close();
    },
  },
  {
    name: "a Host header does not leave with the token, and is the caller's own without it",
    async run(world) {
      await recorded(world, async (client, sent) => {
        const incoming = new OtherRequest(`${world.scriptUrl}/given`);
        incoming.headers.set("host", "elsewhere.example");
        for (const input of ["/given", incoming]) {
          const headers = { host: "elsewhere.example", "x-own": "1" };
          await loose(client)(input, input === "/given" ? { headers } : undefined);
          const got = new Headers(sent.at(-1)?.init.headers);
          expect([...got.keys()].sort()).to.deep.equal(["authorization", "x-own"]);
        }
      });
    },
  },
  {
    name: "what is on Object.prototype sends no key, no token and no request elsewhere",
    async run(world) {
      const elsewhere = "https://elsewhere.example/token";
      const { publicKey, privateKey } = world;
      const keys = {
        publicKey,
        privateKey,
        ...(world.browser && { dangerouslyAllowBrowser: true }),
      };
      const options = {
        tokenUrl: elsewhere,
        baseUrl: elsewhere,
        environment: "OTHER",
        authorization: "Bearer other",
        timeoutMs: -1,
        retries: -1,
        credentials: () => ({ publicKey: "other", privateKey: "other-key" }),
        signal: AbortSignal.abort(),
        requestTimeoutMs: -1,
        fetch: () => Promise.reject(new Error("elsewhere")),
        store: {},
      };
      const inits = {
        method: "POST",
        body: "other",
        headers: { Authorization: "Bearer other" },
        redirect: "follow",
        proxy: "http://127.0.0.1:9/",
        client: {},
        dispatcher: {},
        cf: { resolveOverride: "elsewhere.example" },
        signal: AbortSignal.abort(),
        url: elsewhere,
      };
      // Nothing is sent meanwhile: what the platform itself reads from there is not ours.
      const text = await (await fetch(scripted(world, HOUR).url, { method: "POST" })).text();
      const sent: Sent[] = [];
      const real = globalThis.fetch;
      globalThis.fetch = async (to, init) => {
        sent.push({ to, init: init as Init });
        return new Response(text);
      };
      try {
        for (const [name, value] of Object.entries({ ...options, ...inits })) {
          await polluted({ [name]: value }, async () => {
            const token = await world.lib.authenticate(keys);
            expect(token.isExpired()).to.equal(false);
            const client = world.lib.createClient(keys);
            await client.getToken();
            await client.getToken({});
            await client.fetch("/services");
            await client.fetch("/services", {});
            client.close();
          });
          const [first, second, third, fourth] = sent.splice(0);
          expect(Object.keys(fourth?.init ?? {})).to.deep.equal(Object.keys(third?.init ?? {}));
          for (const { to, init } of [first, second, third, fourth] as Sent[]) {
            expect(new URL(to as string).host, name).to.match(/payinvert/);
            expect(Object.getPrototypeOf(init), name).to.equal(null);
            expect(init.redirect).to.equal("manual");
            expect(init.signal?.aborted ?? false).to.equal(false);
          }
          const { init } = third as Sent;
          const own = ["method", "headers", "redirect"];
          expect(Object.keys(init), name).to.have.members(own);
          expect(init.method).to.equal("GET");
          expect(new Headers(init.headers).get("Authorization")).to.match(/^Bearer ey/);
        }
      } finally {
        globalThis.fetch = real;
      }
    },
  },
  {
    name: "what is no address, no path and no init is named, and nothing is sent",
    async run(world) {
      const { client, exchanges } = fetcher(world);
      for (const input of [
        undefined,
        null,
        5,
        true,
        Symbol("x"),
        {},
        [{}],
        () => "/x",
        Object.create(null),
      ]) {
        const error = await failure(loose(client)(input));
        expect(error.code, typeof input).to.equal("P4P_INVALID_OPTIONS");
        expect(error.message).to.include("`input`");
      }
      for (const init of [5, "POST", true, Symbol("x")]) {
        const error = await failure(loose(client)("/x", init));
        expect(error.code).to.equal("P4P_INVALID_OPTIONS");
        expect(error.message).to.include("`init`");
      }
      expect(await exchanges()).to.equal(0);
      client.close();
    },
  },
  {
    name: "calls that share a signal have one listener on it, and none after their end",
    async run(world) {
      const { client, release, asked } = clientOf(
        world,
        { ...HOUR, held: true },
        {
          baseUrl: world.scriptUrl,
          fetch: (url: string, init: Init) => fetch(url, { ...init, signal: null }),
        },
      );
      const controller = new AbortController();
      const { signal } = controller;
      let listeners = 0;
      const { addEventListener, removeEventListener } = AbortSignal.prototype;
      signal.addEventListener = function (this: AbortSignal, ...given: unknown[]) {
        listeners += 1;
        return Reflect.apply(addEventListener, this, given);
      } as never;
      signal.removeEventListener = function (this: AbortSignal, ...given: unknown[]) {
        listeners -= 1;
        return Reflect.apply(removeEventListener, this, given);
      } as never;
      const api = scripted(world, { body: "{}" });
      const calls = Array.from({ length: 20 }, (_, index) =>
        index % 2 ? client.fetch(api.url, { signal }) : client.getToken({ signal }),
      );
      await asked();
      expect(listeners).to.equal(1);
      await release();
      await Promise.all(calls);
      expect(listeners).to.equal(0);
      client.invalidate();
      const left = Array.from({ length: 20 }, () => failure(client.getToken({ signal })));
      const reason = new RangeError("left");
      controller.abort(reason);
      expect(await Promise.all(left)).to.deep.equal(left.map(() => reason));
      expect(listeners).to.equal(0);
      client.close();
    },
  },
  {
    name: "answers without a web stream pass through, and are no exchange: fetch is named, after one attempt",
    async run(world) {
      let asked = 0;
      let isOpen = true;
      const stream = { pipe() {}, on() {}, destroy: () => (isOpen = false) };
      const odd = (status: number) => ({
        [Symbol.toStringTag]: "Response",
        status,
        ok: status === 200,
        headers: new Headers(),
        body: stream,
        text: async () => "{}",
      });
      const count = async () => {
        asked += 1;
        return odd(200);
      };
      const options = { ...good(world), retries: 2, fetch: count };
      const error = await failure(world.lib.authenticate(options as never));
      expect(error).to.include({ code: "P4P_INVALID_OPTIONS", retryable: false });
      expect(error.message).to.include("`fetch`");
      expect(asked).to.equal(1);

      const service = scripted(world, HOUR);
      const answers = [odd(401), odd(200)];
      const { client } = fetcher(world, {
        tokenUrl: service.url,
        fetch: (async (url: string, init: Init) =>
          url === service.url ? fetch(url, init) : answers.shift()) as never,
      });
      const last = answers.at(-1);
      expect(await client.fetch("/given")).to.equal(last);
      expect(isOpen, "the answer that nobody reads is ended").to.equal(false);
      expect(await client.fetch("/given"), "nothing").to.equal(undefined);
      await arrived(service);
      client.close();
    },
  },
];
