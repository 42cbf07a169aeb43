// Options, keys, stores, headers and bodies as objects that a caller makes: proxies, getters, subclasses, frozen ones.
import { expect } from "chai";
import type { AuthError, ClientOptions, Credentials, Token, TokenStore } from "pay4power-auth";
import { type Case, type Script, scripted, type World } from "./harness.ts";
import { clientOf, failure, good } from "./make.ts";
import { expectHidden } from "./shown.ts";

const HOUR: Script = { lifetimeS: 3_600 };
const REPLAYED: Script = { inTurn: [{ status: 401 }, { body: "fine" }] };

/** What no error may show. */
const SECRET = "PRIV_KEY_sandbox_in_a_getter";
const throws = () => {
  throw new Error(SECRET);
};

/** Every option of a client, with a value that is valid. */
const everyOption = (world: World): Record<string, unknown> => ({
  ...good(world),
  environment: "TEST",
  timeoutMs: 9_000,
  retries: 1,
  deadlineMs: 20_000,
  authorization: "Basic abc",
  fetch: (...given: Parameters<typeof fetch>) => fetch(...given),
  dangerouslyAllowBrowser: true,
  baseUrl: world.scriptUrl,
  refreshAhead: 0.3,
  requestTimeoutMs: 60_000,
  store: { get: async () => null, async set() {}, async delete() {} },
  waitUntil() {},
  onEvent() {},
});

/** Those that only a client has. */
const CLIENT_ONLY = [
  "baseUrl",
  "refreshAhead",
  "requestTimeoutMs",
  "store",
  "waitUntil",
  "onEvent",
];

const without = (options: object, names: readonly string[]) =>
  Object.fromEntries(Object.entries(options).filter(([name]) => !names.includes(name)));

/** The same object in each shape that a caller may give it. */
const shapesOf = (object: object): Record<string, object> => ({
  frozen: Object.freeze({ ...object }),
  "without a prototype": Object.assign(Object.create(null), object),
  "a proxy": new Proxy({ ...object }, {}),
  "a proxy of a proxy": new Proxy(new Proxy({ ...object }, {}), {}),
  "of a class": Object.assign(new (class Options {})(), object),
  getters: Object.defineProperties(
    {},
    Object.fromEntries(Object.entries(object).map(([name, value]) => [name, { get: () => value }])),
  ),
});

/** An object whose members have `others` from the second read on, and how often each was read. */
function changing(object: object, others: Readonly<Record<string, unknown>>) {
  const reads: Record<string, number> = {};
  const get = (name: string, value: unknown) => () => {
    reads[name] = (reads[name] ?? 0) + 1;
    return reads[name] === 1 ? value : others[name];
  };
  const members = Object.entries(object).map(([name, value]) => [
    name,
    { get: get(name, value), enumerable: true },
  ]);
  return { reads, object: Object.defineProperties({}, Object.fromEntries(members)) as object };
}

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};

async function works(world: World, options: object): Promise<void> {
  const client = world.lib.createClient(options as ClientOptions);
  const api = scripted(world, REPLAYED);
  const answer = await client.fetch(api.url, { method: "POST", body: "pay" });
  expect(await answer.text()).to.equal("fine");
  expect(await api.calls()).to.have.length(2);
  client.close();
}

function codeOf(run: () => unknown): AuthError {
  try {
    run();
  } catch (thrown) {
    return thrown as AuthError;
  }
  return expect.fail("expected a failure");
}

class OwnHeaders extends Headers {
  /** As a subclass may have it, for its own callers. */
  override get(name: string): string | null {
    return `own ${super.get(name)}`;
  }
}

/** As another library has its class of that name. */
class OtherHeaders {
  readonly #entries = [
    ["x-own", "1"],
    ["accept", "x/y"],
  ] as const;
  get [Symbol.toStringTag](): string {
    return "Headers";
  }
  [Symbol.iterator](): Iterator<readonly [string, string]> {
    return this.#entries[Symbol.iterator]();
  }
}

class OwnParams extends URLSearchParams {}
class OwnForm extends FormData {}
class OwnBlob extends Blob {}
class OwnUrl extends URL {}
class OwnRequest extends Request {}

export const ownObjectCases: Case[] = [
  {
    name: "options work in every shape, and each is read once",
    async run(world) {
      const all = everyOption(world);
      for (const options of Object.values(shapesOf(all))) {
        await works(world, options);
      }
      for (const options of Object.values(shapesOf(without(all, CLIENT_ONLY)))) {
        const token = await world.lib.authenticate(options as ClientOptions);
        expect(token.isExpired()).to.equal(false);
      }
      const others = Object.fromEntries(Object.keys(all).map((name) => [name, Symbol(SECRET)]));
      const once = Object.fromEntries(Object.keys(all).map((name) => [name, 1]));
      const ofClient = changing(all, others);
      await works(world, ofClient.object);
      expect(ofClient.reads).to.deep.equal(once);
      const ofExchange = changing(without(all, CLIENT_ONLY), others);
      await world.lib.authenticate(ofExchange.object as ClientOptions);
      expect(ofExchange.reads).to.deep.equal(without(once, CLIENT_ONLY));
    },
  },
  {
    name: "a getter that throws is named, whichever option it is, and nothing of its error is shown",
    async run(world) {
      const all: Record<string, unknown> = { ...everyOption(world), credentials: undefined };
      const exchange = () => without(all, [...CLIENT_ONLY, "credentials"]);
      for (const name of Object.keys(all)) {
        const options = Object.defineProperty({ ...all }, name, { get: throws }) as never;
        const errors = [codeOf(() => world.lib.createClient(options))];
        if (name !== "credentials" && !CLIENT_ONLY.includes(name)) {
          const given = Object.defineProperty(exchange(), name, { get: throws }) as never;
          errors.push(await failure(world.lib.authenticate(given)));
        }
        for (const error of errors) {
          expect(error.code, name).to.equal("P4P_INVALID_OPTIONS");
          expect(error.message).to.equal(
            `\`${name}\` must be readable, found a getter that throws`,
          );
          expectHidden(error, SECRET, world.privateKey);
        }
      }
      for (const options of [revoked(), new Proxy({}, { getOwnPropertyDescriptor: throws })]) {
        const given = options as ClientOptions;
        const thrown = codeOf(() => world.lib.createClient(given));
        for (const error of [thrown, await failure(world.lib.authenticate(given))]) {
          expect(error.code).to.equal("P4P_INVALID_OPTIONS");
          expectHidden(error, SECRET);
        }
      }
    },
  },
  {
    name: "getToken and isExpired take their options in every shape, and refuse a proxy that is revoked",
    async run(world) {
      const { client } = clientOf(world, HOUR);
      const { signal } = new AbortController();
      const calls = [
        () => client.getToken(), // with a token at hand
        () => {
          client.invalidate();
          return client.getToken();
        },
      ];
      for (const first of calls) {
        const token = await first();
        for (const options of Object.values(shapesOf({ signal, waitUntil() {} }))) {
          client.invalidate();
          const other = await client.getToken(options);
          expect(await client.getToken(options)).to.equal(other);
        }
        for (const options of Object.values(shapesOf({ leewayMs: 0, nowMs: 0 }))) {
          expect(token.isExpired(options)).to.equal(false);
        }
        expect(codeOf(() => token.isExpired(revoked())).code).to.equal("P4P_INVALID_OPTIONS");
        client.invalidate();
        expect((await failure(client.getToken(revoked()))).code).to.equal("P4P_INVALID_OPTIONS");
      }
      client.close();
    },
  },
  {
    name: "keys of a manager work in every shape, and what a getter among them throws is not shown",
    async run(world) {
      const { publicKey, privateKey } = world;
      for (const keys of Object.values(shapesOf({ publicKey, privateKey }))) {
        const credentials = async () => keys as Credentials;
        const { client } = clientOf(world, HOUR, { credentials });
        expect((await client.getToken()).isExpired()).to.equal(false);
        client.close();
      }
      const bad = [
        revoked(),
        Object.defineProperty({ publicKey }, "privateKey", { get: throws }),
        Object.create({ publicKey, privateKey }),
        [publicKey, privateKey],
      ];
      for (const keys of bad) {
        const credentials = async () => keys as Credentials;
        const { client, events, exchanges } = clientOf(world, HOUR, { credentials });
        const error = await failure(client.getToken());
        expect(error.code).to.equal("P4P_INVALID_OPTIONS");
        expectHidden([error, events], SECRET, privateKey);
        expect(await exchanges()).to.equal(0);
        client.close();
      }
    },
  },
  {
    name: "a store may be of a class with private fields, frozen, a proxy, or answer with thenables",
    async run(world) {
      class Private implements TokenStore {
        readonly #values = new Map<string, string>();
        async get(key: string) {
          return this.#values.get(key) ?? null;
        }
        async set(key: string, value: string) {
          this.#values.set(key, value);
        }
        async delete(key: string) {
          this.#values.delete(key);
        }
      }
      const later = (run: () => unknown) => ({
        // biome-ignore lint/suspicious/noThenProperty: it is what the test is about
        then: (resolve: (value: unknown) => void) => resolve(run()),
      });
      const values = new Map<string, string>();
      const thenables = {
        get: (key: string) => later(() => values.get(key)),
        set: (key: string, value: string) => later(() => values.set(key, value)),
        delete: (key: string) => later(() => values.delete(key)),
      };
      const real = new Private();
      // Private fields are out of a proxy's reach: its methods run on the store itself.
      const proxy = new Proxy(real, {
        get(target, name) {
          const member: unknown = Reflect.get(target, name);
          return typeof member === "function" ? member.bind(target) : member;
        },
      });
      for (const store of [new Private(), Object.freeze(new Private()), proxy, thenables]) {
        const service = scripted(world, HOUR);
        const given = { tokenUrl: service.url, store: store as TokenStore };
        const first = clientOf(world, HOUR, given).client;
        const second = clientOf(world, HOUR, given).client;
        const { value } = await first.getToken();
        expect((await second.getToken()).value).to.equal(value);
        expect(await service.calls()).to.have.length(1);
        first.close();
        second.close();
      }
    },
  },
  {
    name: "headers of every kind arrive with both sends",
    async run(world) {
      const { client } = clientOf(world, HOUR, { baseUrl: world.scriptUrl });
      const pairs: [string, string][] = [
        ["x-own", "1"],
        ["accept", "x/y"],
      ];
      const record = Object.fromEntries(pairs);
      const kinds: Record<string, unknown> = {
        pairs,
        record,
        ...shapesOf(record),
        Headers: new Headers(record),
        "a subclass": new OwnHeaders(record),
        "another library's": new OtherHeaders(),
        "a Map": new Map(pairs),
        "a generator": (function* () {
          yield* pairs;
        })(),
      };
      for (const [name, headers] of Object.entries(kinds)) {
        if (name === "getters") {
          continue; // they are not enumerable, and no platform reads them
        }
        const api = scripted(world, REPLAYED);
        const init = { headers: headers as HeadersInit };
        expect((await client.fetch(api.url, init)).status, name).to.equal(200);
        const calls = await api.calls();
        expect(calls, name).to.have.length(2);
        for (const call of calls) {
          expect(call.headers, name).to.include({ "x-own": "1", accept: "x/y" });
          expect(call.headers["authorization"], name).to.match(/^Bearer ey/);
        }
        client.reset();
      }
      client.close();
    },
  },
  {
    name: "bodies and addresses of subclasses are sent, and sent again",
    async run(world) {
      const { client } = clientOf(world, HOUR, { baseUrl: world.scriptUrl });
      const form = new OwnForm();
      form.set("pay", "once");
      const bodies: [BodyInit, text: string, type: string][] = [
        [new OwnParams({ pay: "once" }), "pay=once", "application/x-www-form-urlencoded"],
        [form, "once", "multipart/form-data"],
        [new OwnBlob(["pay once"], { type: "x/y" }), "pay once", "x/y"],
        [new File(["pay once"], "a", { type: "x/z" }), "pay once", "x/z"],
        [new (class extends Uint8Array {})([112, 97, 121]), "pay", ""],
      ];
      for (const [body, text, type] of bodies) {
        const api = scripted(world, REPLAYED);
        const address = new OwnUrl(api.url);
        const answer = await client.fetch(address, { method: "POST", body });
        expect(answer.status, text).to.equal(200);
        const calls = await api.calls();
        expect(calls).to.have.length(2);
        for (const call of calls) {
          expect(call.body).to.include(text);
          expect(call.headers["content-type"] ?? "").to.include(type);
        }
        client.reset();
      }
      const api = scripted(world, REPLAYED);
      const request = new OwnRequest(api.url, { headers: new OwnHeaders({ "x-own": "1" }) });
      expect((await client.fetch(request)).status).to.equal(200);
      expect((await api.calls()).map(({ headers }) => headers["x-own"])).to.deep.equal(["1", "1"]);
      client.close();
    },
  },
  {
    name: "a token that was issued again is the same token for invalidate",
    async run(world) {
      const answer = await (await fetch(scripted(world, HOUR).url, { method: "POST" })).text();
      const { client, exchanges } = clientOf(world, { body: answer });
      const first = await client.getToken();
      client.invalidate();
      const again = await client.getToken();
      expect(again).not.to.equal(first);
      expect(again.value).to.equal(first.value);
      const other = await world.lib.authenticate(good(world));
      for (const kept of [other, null, {}, "text", 5]) {
        client.invalidate(kept as Token);
        expect(await client.getToken()).to.equal(again);
      }
      client.invalidate(first);
      expect(await client.getToken()).not.to.equal(again);
      expect(await exchanges()).to.equal(3);
      client.close();
    },
  },
  {
    name: "thousands of clients that are dropped without close are no trouble",
    load: true,
    async run(world) {
      const answer = await (await fetch(scripted(world, HOUR).url, { method: "POST" })).text();
      const options = { ...good(world), fetch: async () => new Response(answer) };
      for (let made = 0; made < 1_000; made++) {
        const client = world.lib.createClient(options);
        if (made % 10 === 0) {
          expect((await client.getToken()).isExpired()).to.equal(false);
        }
      }
      const { client, exchanges } = clientOf(world, HOUR);
      await client.getToken();
      expect(await exchanges()).to.equal(1);
      client.close();
    },
  },
];
