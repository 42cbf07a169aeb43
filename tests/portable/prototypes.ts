// What other packages leave on the prototypes of the language: no option, no request and no answer changes.
import { expect } from "chai";
import { accepted, type Case, type Script, scripted, type World } from "./harness.ts";
import { failure, good } from "./make.ts";

const HOUR: Script = { lifetimeS: 3_600 };
const ELSEWHERE = "http://127.0.0.1:9/";

/**
 * Names that the package's own objects have, or that a request, an event or an error has. `get` and `set` are not among
 * them: the glue of wasm-bindgen, and Node itself, describe properties with plain objects, and fail.
 */
const NAMES = [
  ...["addHeaders", "init", "copy", "overrides", "request", "dispatch", "dispatcher", "client"],
  ...["value", "writable", "enumerable", "configurable", "toJSON", "destroy", "aborted", "reason"],
  ...["once", "name", "code", "cause", "message", "status", "statusCode", "success", "data"],
  ...["token", "tokenType", "expiresAt", "errors", "type", "redirected", "correlationId"],
  ...["retryable", "leewayMs", "nowMs", "method", "headers", "body", "credentials", "cache"],
  ...["redirect", "duplex", "size", "keepalive", "cf", "proxy", "agent", "next", "href", "url"],
  ...["step", "untilMs", "waitMs", "start", "handOutForMs", "askedAtMs", "error", "lifetimeMs"],
  ...[
    "expiresAtMs",
    "issuedAtMs",
    "claims",
    "formerPrivateKey",
    "formerSecrets",
    "waitUntil",
    "digest",
  ],
];

/** What stands there: a text, and a function whose result would send a request elsewhere. */
const VALUES: Record<string, unknown> = {
  "a text": "elsewhere",
  "a function": () => ({ proxy: ELSEWHERE, redirect: "follow", method: "PUT" }),
};

/** Adds members to a prototype as packages do: found by loops too. */
async function extended<Value>(
  prototype: object,
  members: object,
  run: () => Promise<Value>,
): Promise<Value> {
  Object.assign(prototype, members);
  try {
    return await run();
  } finally {
    for (const name of Object.keys(members)) {
      Reflect.deleteProperty(prototype, name);
    }
  }
}

/** What a platform does for a request. Where it fails itself, the package can do no better. */
async function platformWorks(): Promise<boolean> {
  try {
    const [blob, headers] = [new Blob(["pay"]), new Headers({ "X-Own": "1" })];
    new Headers(headers).set("Content-Type", "text/plain");
    new AbortController().signal.addEventListener("abort", () => {}, {});
    new Request("https://pay4power.example/");
    await new Response(blob.stream()).text();
    await new Response("pay").arrayBuffer();
    await new TransformStream().readable.cancel();
    return true;
  } catch {
    return false;
  }
}

/** The answers to everything that `record` sends. A platform may fail to make one on a polluted prototype. */
function answersInTurn(): Response[] {
  const token = (name: string) =>
    new Response(accepted({ token: `opaque-${name}`, expiresAt: 4_102_444_800 }));
  return [
    token("alone"),
    token("first"),
    new Response("fine"),
    new Response("no", { status: 401 }),
    token("second"),
    new Response("fine"),
  ];
}

/** What a program sees of the package: what is sent, and what comes back. */
async function record(world: World, answers: Response[]): Promise<unknown[]> {
  const told: unknown[] = [];
  const real = globalThis.fetch;
  globalThis.fetch = async (to, init) => {
    const members = Object.entries(init ?? {})
      .filter(([name]) => !["headers", "body", "signal"].includes(name))
      .map(([name, value]) => `${name}: ${typeof value === "string" ? value : typeof value}`);
    const headers = [...new Headers(init?.headers)].map((entry) => entry.join(": "));
    told.push([String(to), ...members.sort(), ...headers].join(", "));
    return answers.shift() as Response;
  };
  try {
    const token = await world.lib.authenticate(good(world));
    told.push(token.value, token.isExpired(), token.expiresAtMs, Object.keys(token));
    const client = world.lib.createClient({
      ...good(world),
      baseUrl: world.scriptUrl,
      onEvent: ({ type }) => told.push(type),
    });
    told.push(Object.keys(client));
    await client.getToken({});
    told.push((await client.fetch("/services")).status);
    const answer = await client.fetch("/pay", { method: "POST", body: "pay" });
    told.push(answer.status, client.state().token);
    const error = await failure(client.fetch("https://pay4power.example/"));
    told.push(error.code, error.message);
    client.close();
    told.push((await failure(client.getToken())).code);
    const down = { ...good(world), retries: 0, fetch: () => Promise.reject(new TypeError("down")) };
    told.push((await failure(world.lib.authenticate(down))).code);
    const offline = world.lib.createClient(down);
    told.push((await failure(offline.getToken())).code);
    offline.close();
  } finally {
    globalThis.fetch = real;
  }
  return told;
}

export const prototypeCases: Case[] = [
  {
    name: "a name on Object.prototype changes nothing that is sent, and nothing that comes back",
    load: true,
    async run(world) {
      const usual = await record(world, answersInTurn());
      expect(usual.join()).to.include("opaque-second").and.include("replay");
      let tried = 0;
      for (const name of NAMES) {
        for (const [kind, value] of Object.entries(VALUES)) {
          const answers = answersInTurn();
          const told = await extended(Object.prototype, { [name]: value }, async () => {
            if (!(await platformWorks())) {
              return undefined;
            }
            tried += 1;
            return record(world, answers).catch((thrown: unknown) => [thrown]);
          });
          expect(told ?? usual, `${name} is ${kind}`).to.deep.equal(usual);
        }
      }
      expect(tried).to.be.above(NAMES.length);
    },
  },
  {
    name: "what packages add to other prototypes changes nothing either",
    async run(world) {
      const usual = await record(world, answersInTurn());
      const method = () => "added";
      const members = { first: method, last: method, toJSON: method, isEmpty: true };
      for (const { prototype } of [Array, Function, String, Promise, Error, Map]) {
        const answers = answersInTurn();
        const told = await extended(prototype, members, () => record(world, answers));
        expect(told, prototype.constructor.name).to.deep.equal(usual);
      }
    },
  },
  {
    name: "a tracer that wraps the methods of promises changes nothing",
    async run(world) {
      const usual = await record(world, answersInTurn());
      const answers = answersInTurn();
      // biome-ignore lint/suspicious/noThenProperty: it is what the test is about
      const own = { then: Promise.prototype.then, catch: Promise.prototype.catch };
      let calls = 0;
      // As zone.js and other tracers do: their callbacks run those that were given.
      const wrapped = (call: unknown) =>
        typeof call === "function" ? (...given: unknown[]) => call(...given) : call;
      const traced = {
        // biome-ignore lint/suspicious/noThenProperty: it is what the test is about
        then(this: Promise<unknown>, ...given: unknown[]) {
          calls += 1;
          return Reflect.apply(own.then, this, given.map(wrapped));
        },
        catch(this: Promise<unknown>, ...given: unknown[]) {
          calls += 1;
          return Reflect.apply(own.then, this, [undefined, ...given.map(wrapped)]);
        },
      };
      Object.assign(Promise.prototype, traced);
      let told: unknown[];
      try {
        told = await record(world, answers);
      } finally {
        Object.assign(Promise.prototype, own);
      }
      expect(told).to.deep.equal(usual);
      expect(calls).to.be.above(0);
    },
  },
  {
    name: "a store keeps tokens apart while something is on a prototype",
    async run(world) {
      const values = new Map<string, string>();
      const store = {
        get: async (key: string) => values.get(key) ?? null,
        set: async (key: string, value: string) => void values.set(key, value),
        delete: async (key: string) => void values.delete(key),
      };
      // As prototype.js had it: the text of an array is then a text of that text.
      const toJSON = function (this: unknown[]) {
        return `[${this.map((member) => JSON.stringify(member)).join()}]`;
      };
      const services = [scripted(world, HOUR), scripted(world, HOUR)];
      const tokens = await extended(Array.prototype, { toJSON }, async () => {
        const all: string[] = [];
        for (const { url: tokenUrl } of [...services, ...services]) {
          const client = world.lib.createClient({ ...good(world), tokenUrl, store });
          all.push((await client.getToken()).value);
          client.close();
        }
        return all;
      });
      expect(tokens.slice(2)).to.deep.equal(tokens.slice(0, 2));
      expect(new Set(tokens).size).to.equal(2);
      expect(values.size).to.equal(2);
      for (const service of services) {
        expect(await service.calls()).to.have.length(1);
      }
    },
  },
];
