// One exchange: what is asked, what is answered, and what comes of it.
import { expect } from "chai";
import type { AuthError, AuthenticateOptions } from "pay4power-auth";
import {
  accepted,
  type Case,
  codeOfBrokenBody,
  jwt,
  type Script,
  scripted,
  type World,
} from "./harness.ts";
import { arrived, good } from "./make.ts";
import { expectHidden } from "./shown.ts";

const nowS = () => Math.floor(Date.now() / 1000);

/** What `authenticate` rejects with; it may not throw, and may not succeed. */
async function failure(world: World, options: unknown): Promise<AuthError> {
  const promise = world.lib.authenticate(options as AuthenticateOptions);
  const error: unknown = await promise.then(
    () => expect.fail("expected a failure, found a token"),
    (reason: unknown) => reason,
  );
  expect(world.lib.isAuthError(error), String(error)).to.equal(true);
  expect(error).to.be.instanceOf(world.lib.AuthError).and.instanceOf(Error);
  return error as AuthError;
}

/** What an exchange with a scripted service ends in. */
const answered = (world: World, script: Script, options: object = {}) =>
  failure(world, { ...good(world), tokenUrl: scripted(world, script).url, ...options });

export const exchangeCases: Case[] = [
  {
    name: "keys become a token with everything of the contract",
    async run(world) {
      for (const tokenUrl of world.tokenUrls) {
        const before = Date.now();
        const token = await world.lib.authenticate({ ...good(world), tokenUrl });
        expect(token).to.be.instanceOf(world.lib.Token);
        expect(token.value.split(".")).to.have.length(3);
        expect(token.tokenType).to.equal("Bearer");
        expect(token.authorization).to.equal(`Bearer ${token.value}`);
        expect(token.correlationId).to.match(/^[0-9a-f-]{36}$/);
        expect(token.expiresAtMs - before).to.be.within(3_590_000, 3_601_000);
        expect(token.expiresAt.getTime()).to.equal(token.expiresAtMs);
        expect(token.issuedAtMs).to.be.a("number");
        expect(token.isExpired()).to.equal(false);
        expect(token.expiresInMs()).to.be.within(3_580_000, 3_601_000);
        expect(token.claims).to.include({
          merchant_name: "Merchant_1",
          business_name: "SANDBOX",
          businessName: "SANDBOX",
          environment: "TEST",
          aud: "BILLPAYMENTSERVICE_MERCHANT_AUDIENCE",
        });
        expect(world.lib.decodeClaims(token.value)).to.deep.equal(token.claims);
      }
    },
  },
  {
    name: "an address may be a URL, and other environments have theirs",
    async run(world) {
      const tokenUrl = new URL(world.tokenUrls[1] ?? "");
      const token = await world.lib.authenticate({ ...good(world), tokenUrl, environment: "LIVE" });
      expect(token.claims?.environment).to.equal("LIVE");
    },
  },
  {
    name: "the request is the contract's",
    async run(world) {
      const service = scripted(world, {
        body: accepted({ token: "opaque", expiresAt: nowS() + 60 }),
      });
      const options = {
        ...good(world),
        tokenUrl: service.url,
        authorization: "Bearer gateway-token",
      };
      const token = await world.lib.authenticate(options);
      expect(token.claims).to.equal(null);
      const calls = await service.calls();
      expect(calls).to.have.length(1);
      const { publicKey, privateKey } = world;
      expect(calls[0]?.body).to.equal(
        JSON.stringify({ publicKey, privateKey, environment: "TEST" }),
      );
      expect(calls[0]?.headers).to.include({
        "content-type": "application/json",
        accept: "application/json",
        authorization: "Bearer gateway-token",
      });
    },
  },
  {
    name: "no authorization is sent unless one is given",
    async run(world) {
      const service = scripted(world, {
        body: accepted({ token: "opaque", expiresAt: nowS() + 60 }),
      });
      await world.lib.authenticate({ ...good(world), tokenUrl: service.url });
      expect((await service.calls())[0]?.headers).not.to.have.property("authorization");
    },
  },
  {
    name: "wrong keys are rejected with what support needs",
    async run(world) {
      const error = await failure(world, { ...good(world), privateKey: "PRIV_KEY_sandbox-wrong" });
      expect(error.code).to.equal("P4P_CREDENTIALS_REJECTED");
      expect(error).to.include({
        name: "AuthError",
        retryable: false,
        status: 401,
        statusCode: 401,
      });
      expect(error.correlationId).to.match(/^[0-9a-f-]{36}$/);
      expect(error.errors).to.deep.equal([{ field: null, message: "Invalid credentials." }]);
      expect(error.message).to.include("Invalid credentials.");
      expect(error.toJSON()).to.include({ code: error.code, message: error.message, status: 401 });
    },
  },
  {
    name: "bad input is refused by name, and nothing is sent",
    async run(world) {
      const throwing = (name: string) =>
        Object.defineProperty({ ...good(world) }, name, {
          get() {
            throw new Error("PRIV_KEY_sandbox from a getter");
          },
        });
      const trap = () => {
        throw new Error("trapped");
      };
      const rows: [code: string, name: string, options: unknown][] = [
        ["P4P_INVALID_OPTIONS", "options", undefined],
        ["P4P_INVALID_OPTIONS", "options", null],
        ["P4P_INVALID_OPTIONS", "options", "PRIV_KEY_sandbox"],
        ["P4P_INVALID_OPTIONS", "publicKey", {}],
        ["P4P_INVALID_OPTIONS", "publicKey", []],
        ["P4P_INVALID_OPTIONS", "publicKey", Object.create(good(world))],
        ["P4P_INVALID_OPTIONS", "publicKey", { ...good(world), publicKey: 42 }],
        ["P4P_INVALID_OPTIONS", "publicKey", { ...good(world), publicKey: world.privateKey }],
        ["P4P_INVALID_OPTIONS", "privateKey", { ...good(world), privateKey: undefined }],
        ["P4P_INVALID_OPTIONS", "privateKey", { ...good(world), privateKey: 42 }],
        ["P4P_INVALID_OPTIONS", "privateKey", { ...good(world), privateKey: null }],
        ["P4P_INVALID_OPTIONS", "privateKey", { ...good(world), privateKey: "" }],
        ["P4P_INVALID_OPTIONS", "privateKey", { ...good(world), privateKey: "  " }],
        ["P4P_INVALID_OPTIONS", "privateKey", throwing("privateKey")],
        ["P4P_INVALID_OPTIONS", "publicKey", new Proxy({}, { getOwnPropertyDescriptor: trap })],
        ["P4P_INVALID_OPTIONS", "environment", { ...good(world), environment: null }],
        [
          "P4P_INVALID_OPTIONS",
          "tokenUrl",
          { ...good(world), tokenUrl: undefined, environment: "LIVE" },
        ],
        ["P4P_INVALID_OPTIONS", "tokenUrl", { ...good(world), tokenUrl: "/auth/token" }],
        ["P4P_INVALID_OPTIONS", "tokenUrl", { ...good(world), tokenUrl: {} }],
        ["P4P_INVALID_OPTIONS", "tokenUrl", throwing("tokenUrl")],
        [
          "P4P_INSECURE_URL",
          "tokenUrl",
          { ...good(world), tokenUrl: "http://pay4power.example/token" },
        ],
        [
          "P4P_INSECURE_URL",
          "tokenUrl",
          { ...good(world), tokenUrl: "http://127.0.0.1.example/token" },
        ],
        [
          "P4P_INSECURE_URL",
          "tokenUrl",
          { ...good(world), tokenUrl: "https://user:pass@pay4power.example" },
        ],
        ["P4P_INVALID_OPTIONS", "timeoutMs", { ...good(world), timeoutMs: 0 }],
        ["P4P_INVALID_OPTIONS", "timeoutMs", { ...good(world), timeoutMs: 120_001 }],
        ["P4P_INVALID_OPTIONS", "timeoutMs", { ...good(world), timeoutMs: "1000" }],
        ["P4P_INVALID_OPTIONS", "timeoutMs", { ...good(world), timeoutMs: Number.NaN }],
        ["P4P_INVALID_OPTIONS", "retries", { ...good(world), retries: -1 }],
        ["P4P_INVALID_OPTIONS", "retries", { ...good(world), retries: 1.5 }],
        ["P4P_INVALID_OPTIONS", "retries", { ...good(world), retries: 11 }],
        ["P4P_INVALID_OPTIONS", "deadlineMs", { ...good(world), deadlineMs: 600_001 }],
        ["P4P_INVALID_OPTIONS", "deadlineMs", { ...good(world), deadlineMs: 5n }],
        ["P4P_INVALID_OPTIONS", "authorization", { ...good(world), authorization: "Bearer a\nb" }],
        ["P4P_INVALID_OPTIONS", "signal", { ...good(world), signal: {} }],
        ["P4P_INVALID_OPTIONS", "fetch", { ...good(world), fetch: "fetch" }],
        [
          "P4P_INVALID_OPTIONS",
          "dangerouslyAllowBrowser",
          { ...good(world), dangerouslyAllowBrowser: 1 },
        ],
      ];
      const global = globalThis as { fetch: unknown };
      const { fetch } = global;
      let sent = 0;
      global.fetch = () => {
        sent += 1;
        throw new Error("sent");
      };
      try {
        for (const [code, name, options] of rows) {
          const error = await failure(world, options);
          expect(
            [error.code, error.message.includes(name)],
            `${name}: ${error.message}`,
          ).to.deep.equal([code, true]);
          expect(error.retryable).to.equal(false);
          expect(error.status).to.equal(null);
          expectHidden(error, "PRIV_KEY_sandbox");
        }
      } finally {
        global.fetch = fetch;
      }
      expect(sent).to.equal(0);
    },
  },
  {
    name: "whatever stands for an option is named, and nothing is sent",
    async run(world) {
      const names: Record<string, readonly unknown[]> = {
        publicKey: [],
        privateKey: [],
        environment: [],
        authorization: [],
        tokenUrl: [{ href: "https://pay4power.example/" }],
        timeoutMs: ["1", {}],
        retries: ["1", {}],
        deadlineMs: ["1", {}],
        dangerouslyAllowBrowser: ["true", 1],
        fetch: [{}],
        signal: [{}, { aborted: false }],
      };
      const hostile: readonly [found: string, value: unknown][] = [
        ["null", null],
        ["a symbol", Symbol("PRIV_KEY_sandbox")],
        ["a bigint", 10n],
        ["an object", []],
        ["a function", () => "PRIV_KEY_sandbox"],
        ["a function", class {}],
      ];
      let sent = 0;
      const fetch = () => {
        sent += 1;
        return Promise.reject(new Error("sent"));
      };
      for (const [name, more] of Object.entries(names)) {
        const fitting = name === "fetch" ? "a function" : undefined;
        const values = hostile.filter(([found]) => found !== fitting);
        for (const value of [...values.map(([, value]) => value), ...more]) {
          const error = await failure(world, { ...good(world), fetch, [name]: value });
          const about = `${name}: ${error.message}`;
          expect(error.code, about).to.equal("P4P_INVALID_OPTIONS");
          expect(error.message, about).to.include(`\`${name}\``);
          expectHidden(error, "PRIV_KEY_sandbox");
        }
        for (const [found, value] of values) {
          const error = await failure(world, { ...good(world), fetch, [name]: value });
          expect(error.message, name).to.match(new RegExp(`found ${found}$`));
        }
      }
      expect(sent).to.equal(0);
    },
  },
  {
    name: "options may be a proxy, and one that throws is named",
    async run(world) {
      await world.lib.authenticate(new Proxy({ ...good(world) }, {}));
      const asked: PropertyKey[] = [];
      const lying = new Proxy(good(world), {
        getOwnPropertyDescriptor: (target, name) => {
          asked.push(name);
          return Reflect.getOwnPropertyDescriptor(target, name);
        },
        get: (target, name, receiver) =>
          name === "privateKey" ? Symbol("PRIV_KEY_sandbox") : Reflect.get(target, name, receiver),
      });
      const error = await failure(world, lying);
      expect(error.message).to.match(/`privateKey` .* found a symbol$/);
      expect(asked).to.include("privateKey");
      const trap = () => {
        throw new Error("PRIV_KEY_sandbox in a trap");
      };
      for (const handler of [{ get: trap }, { getOwnPropertyDescriptor: trap }, { has: trap }]) {
        const options = new Proxy(good(world), handler);
        if ("has" in handler) {
          await world.lib.authenticate(options); // nobody asks that
          continue;
        }
        const error = await failure(world, options);
        expect(error.code).to.equal("P4P_INVALID_OPTIONS");
        expectHidden(error, "PRIV_KEY_sandbox");
      }
    },
  },
  {
    name: "a polluted Object.prototype is no option and no answer",
    async run(world) {
      const silent = scripted(world, { body: "{}" });
      const polluted = Object.prototype as Record<string, unknown>;
      const data = { token: "polluted", expiresAt: nowS() + 60 };
      const members = { authorization: "Bearer polluted", retries: 9, success: true, data };
      for (const [name, value] of Object.entries(members)) {
        const hidden = { configurable: true, writable: true, enumerable: false };
        Object.defineProperty(polluted, name, { value, ...hidden });
      }
      let error: AuthError;
      try {
        error = await failure(world, { ...good(world), tokenUrl: silent.url });
      } finally {
        for (const name of Object.keys(members)) {
          delete polluted[name];
        }
      }
      expect(error.code).to.equal("P4P_BAD_RESPONSE");
      const calls = await silent.calls();
      expect(calls).to.have.length(1);
      expect(calls[0]?.headers).not.to.have.property("authorization");
    },
  },
  {
    name: "undefined takes the default, and unknown names are ignored",
    async run(world) {
      const options = { ...good(world), timeoutMs: undefined, signal: undefined, colour: "green" };
      await world.lib.authenticate(options);
    },
  },
  {
    name: "an option is read once",
    async run(world) {
      let reads = 0;
      const options = Object.defineProperty({ ...good(world) }, "privateKey", {
        get() {
          reads += 1;
          return world.privateKey;
        },
      });
      await world.lib.authenticate(options);
      expect(reads).to.equal(1);
    },
  },
  {
    name: "an answer means what the table says",
    async run(world) {
      const no = (statusCode: number) =>
        JSON.stringify({ success: false, statusCode, correlationId: "id-2" });
      const rows: [code: string, retryable: boolean, script: Script][] = [
        ["P4P_RATE_LIMITED", true, { status: 429, headers: { "retry-after": "7" } }],
        ["P4P_RATE_LIMITED", true, { status: 200, body: no(429) }],
        ["P4P_SERVICE_UNAVAILABLE", true, { status: 503, body: "<html>" }],
        ["P4P_SERVICE_UNAVAILABLE", false, { status: 501 }],
        ["P4P_SERVICE_UNAVAILABLE", true, { status: 200, body: no(500) }],
        ["P4P_CREDENTIALS_REJECTED", false, { status: 401 }],
        ["P4P_CREDENTIALS_REJECTED", false, { status: 200, body: no(401) }],
        ["P4P_CREDENTIALS_REJECTED", false, { status: 422, body: no(422) }],
        ["P4P_BAD_RESPONSE", false, { status: 403, body: "<html>blocked</html>" }],
        ["P4P_BAD_RESPONSE", false, { status: 404, body: no(404) }],
        ["P4P_BAD_RESPONSE", true, { status: 204 }],
        ["P4P_BAD_RESPONSE", true, { status: 200, body: '{"success":tr' }],
        ["P4P_BAD_RESPONSE", true, { status: 200, fault: "flood" }],
        [
          "P4P_BAD_RESPONSE",
          false,
          { status: 200, body: accepted({ token: "a\nb", expiresAt: 4102444800 }) },
        ],
        [
          "P4P_BAD_RESPONSE",
          false,
          { status: 200, body: accepted({ token: "a", expiresAt: 1.5 }) },
        ],
        [
          "P4P_TOKEN_UNUSABLE",
          false,
          { status: 200, body: accepted({ token: "a", expiresAt: 1 }) },
        ],
        [
          "P4P_TOKEN_UNUSABLE",
          false,
          { status: 200, body: accepted({ token: "a", expiresAt: 4102444800, tokenType: "MAC" }) },
        ],
        ["P4P_TIMEOUT", true, { fault: "silent" }],
        ["P4P_TIMEOUT", true, { fault: "stall" }],
        ["P4P_NETWORK", true, { fault: "reset" }],
        [await codeOfBrokenBody(world), true, { fault: "break" }],
      ];
      for (const [code, retryable, script] of rows) {
        const short = code === "P4P_TIMEOUT" ? { timeoutMs: 150 } : {};
        const error = await answered(world, script, { retries: 0, ...short });
        const found = [error.code, error.retryable];
        expect(found, `${JSON.stringify(script)}: ${error.message}`).to.deep.equal([
          code,
          retryable,
        ]);
        expect(error.message).not.to.include("blocked");
        // Which address was asked, without its query.
        expect(error.message).to.match(/^expected .+ from [\w.:[\]]+\/answer\/[^?\s]+, found /);
      }
    },
  },
  {
    name: "Retry-After is read in seconds and in all three forms of a date, and nothing else is",
    async run(world) {
      const date = "Sun, 06 Nov 1994 08:49:37 GMT";
      const rows: [header: string, ms: number | null][] = [
        ["7", 7_000],
        ["Sun, 06 Nov 1994 08:49:44 GMT", 7_000],
        ["Sunday, 06-Nov-94 08:49:44 GMT", 7_000],
        ["Sun Nov  6 08:49:44 1994", 7_000],
        ["Sun, 06 Nov 1994 08:00:00 GMT", 0],
        ["-7", null],
        ["7.5", null],
        ["0x7", null],
        ["soon", null],
        ["99999999999999999999", null],
      ];
      for (const [header, ms] of rows) {
        // A page sees these headers only where the service exposes them.
        const exposed = { "access-control-expose-headers": "date, retry-after" };
        const headers = { date, "retry-after": header, ...exposed };
        const error = await answered(world, { status: 429, headers }, { retries: 0 });
        expect(error.retryAfterMs, header).to.equal(ms);
      }
    },
  },
  {
    name: "a redirect is not followed",
    async run(world) {
      const target = scripted(world, {
        body: accepted({ token: "stolen", expiresAt: nowS() + 60 }),
      });
      for (const status of [301, 302, 303, 307, 308]) {
        const error = await answered(world, { status, headers: { location: target.url } });
        expect([error.code, error.retryable]).to.deep.equal(["P4P_REDIRECTED", false]);
      }
      expect(await target.calls()).to.deep.equal([]);
    },
  },
  {
    name: "a closed port is a network failure with its cause",
    async run(world) {
      const error = await failure(world, {
        ...good(world),
        tokenUrl: "http://127.0.0.1:9/?key=query-that-may-be-a-secret",
        retries: 0,
      });
      expect(error).to.include({ code: "P4P_NETWORK", retryable: true, status: null });
      expect(error.cause).to.be.instanceOf(Error);
      expectHidden(error, "query-that-may-be-a-secret");
    },
  },
  {
    name: "an abort rejects with the signal's own reason",
    async run(world) {
      const reason = new RangeError("the caller's own");
      const before = await world.lib
        .authenticate({ ...good(world), signal: AbortSignal.abort(reason) })
        .catch((error: unknown) => error);
      expect(before).to.equal(reason);

      const service = scripted(world, { fault: "silent" });
      const controller = new AbortController();
      const during = world.lib.authenticate({
        ...good(world),
        tokenUrl: service.url,
        signal: controller.signal,
      });
      const ended = during.catch((error: unknown) => error);
      await arrived(service);
      controller.abort(reason);
      expect(await ended).to.equal(reason);
    },
  },
  {
    name: "a service whose clock is hours off still gives a token its whole life",
    async run(world) {
      for (const hours of [-6, 6]) {
        const iat = nowS() + hours * 3_600;
        const date = new Date(iat * 1000).toUTCString();
        const token = jwt({ iat, nbf: iat, exp: iat + 60, environment: "TEST" });
        const body = accepted({ token, expiresAt: iat + 60, tokenType: "bearer" });
        const service = scripted(world, { headers: { date }, body });
        const before = Date.now();
        const { expiresAtMs } = await world.lib.authenticate({
          ...good(world),
          tokenUrl: service.url,
        });
        // A minute after it was sent, less the second that the service's clock may be low, and less what the one
        // clock of a busy machine shows that the other one does not.
        expect(expiresAtMs).to.be.within(before + 58_000, Date.now() + 59_010);
      }
    },
  },
  {
    name: "many exchanges at once do not disturb each other",
    async run(world) {
      const tokens = await Promise.all(
        Array.from({ length: 50 }, () => world.lib.authenticate(good(world))),
      );
      expect(new Set(tokens.map((token) => token.claims?.jti)).size).to.equal(50);
    },
  },
];
