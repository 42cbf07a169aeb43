// The options of an exchange: what is refused by name, what is a default, and how each is read.
import { expect } from "chai";
import type { AuthError } from "pay4power-auth";
import { type Case, scripted } from "./harness.ts";
import { exchangeFailure, good } from "./make.ts";
import { expectHidden } from "./shown.ts";

const nowS = () => Math.floor(Date.now() / 1000);

export const optionCases: Case[] = [
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
          const error = await exchangeFailure(world, options);
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
          const error = await exchangeFailure(world, { ...good(world), fetch, [name]: value });
          const about = `${name}: ${error.message}`;
          expect(error.code, about).to.equal("P4P_INVALID_OPTIONS");
          expect(error.message, about).to.include(`\`${name}\``);
          expectHidden(error, "PRIV_KEY_sandbox");
        }
        for (const [found, value] of values) {
          const error = await exchangeFailure(world, { ...good(world), fetch, [name]: value });
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
      const error = await exchangeFailure(world, lying);
      expect(error.message).to.match(/`privateKey` .* found a symbol$/);
      expect(asked).to.include("privateKey");
      const trap = () => {
        throw new Error("PRIV_KEY_sandbox in a trap");
      };
      for (const handler of [{ get: trap }, { getOwnPropertyDescriptor: trap }, { has: trap }]) {
        const options = new Proxy(good(world), handler);
        if ("has" in handler) {
          await world.lib.authenticate(options); // the package does not use `in`
          continue;
        }
        const error = await exchangeFailure(world, options);
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
        error = await exchangeFailure(world, { ...good(world), tokenUrl: silent.url });
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
];
