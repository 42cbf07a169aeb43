// What callers get: tokens, their claims, and errors.
import { expect } from "chai";
import { accepted, type Case, scripted } from "./harness.ts";
import { failure, good } from "./make.ts";
import { expectNowhere } from "./shown.ts";

/** A JWT whose payload is this text. */
function jwtOf(payload: string): string {
  const bytes = new TextEncoder().encode(payload);
  const encoded = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return `eyJ9.${encoded.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}.c2ln`;
}

/** Whether nothing in a value can be changed, however deep it lies. */
function isFrozen(value: unknown): boolean {
  const rest = [value];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    if (typeof next === "object" && next !== null) {
      if (!Object.isFrozen(next)) {
        return false;
      }
      rest.push(...Reflect.ownKeys(next).map((key) => (next as Record<PropertyKey, unknown>)[key]));
    }
  }
  return true;
}

export const tokenCases: Case[] = [
  {
    name: "a token is shown nowhere, and can't be changed",
    async run(world) {
      const token = await world.lib.authenticate(good(world));
      expectNowhere(token, token.value);
      expect(JSON.parse(JSON.stringify(token))).to.deep.equal({
        tokenType: "Bearer",
        value: "[redacted]",
        expiresAt: token.expiresAt.toISOString(),
        issuedAtMs: token.issuedAtMs,
        correlationId: token.correlationId,
      });
      const { expiresAtMs } = token;
      token.expiresAt.setTime(0);
      expect(() => Object.assign(token, { value: "other" })).to.throw(TypeError);
      expect(() => Object.assign(token.claims ?? {}, { tier: "Gold" })).to.throw(TypeError);
      expect(token.expiresAtMs).to.equal(expiresAtMs);
      expect(token.expiresAt.getTime()).to.equal(expiresAtMs);
    },
  },
  {
    name: "expiry has a leeway, and its arguments are checked",
    async run(world) {
      const token = await world.lib.authenticate(good(world));
      const at = token.expiresAtMs;
      expect(token.isExpired({ nowMs: at - 1 })).to.equal(false);
      expect(token.isExpired({ nowMs: at })).to.equal(true);
      expect(token.isExpired({ nowMs: at - 1_001, leewayMs: 1_000 })).to.equal(false);
      expect(token.isExpired({ nowMs: at - 1_000, leewayMs: 1_000 })).to.equal(true);
      expect(token.expiresInMs(at - 5)).to.equal(5);
      expect(token.expiresInMs(at + 5)).to.equal(-5);
      const bad = [
        { nowMs: Number.NaN },
        { leewayMs: -1 },
        { nowMs: "0" },
        { leewayMs: null },
        null,
        5,
      ];
      for (const options of bad) {
        expect(() => token.isExpired(options as object))
          .to.throw(world.lib.AuthError)
          .with.property("code", "P4P_INVALID_OPTIONS");
      }
      expect(() => token.expiresInMs("0" as never)).to.throw(world.lib.AuthError);
    },
  },
  {
    name: "claims are read from a JWT and from nothing else",
    async run(world) {
      const claims = { aud: ["a", "b"], exp: 1.5, nested: { unknown: [null] }, businessName: "é" };
      const bytes = new TextEncoder().encode(JSON.stringify(claims));
      const payload = btoa(String.fromCharCode(...bytes))
        .replaceAll("+", "-")
        .replaceAll("/", "_")
        .replaceAll("=", "");
      expect(world.lib.decodeClaims(`eyJ9.${payload}.c2ln`)).to.deep.equal(claims);
      for (const token of [
        "",
        "opaque",
        `eyJ9.${payload}`,
        "a.b.c.d.e",
        `eyJ9.${payload}.c2lné`,
        `eyJ9.é${payload}.c2ln`,
        `eyJ9.${payload}\0\0.c2ln`,
        `eyJ9.${payload}${String.fromCharCode(0xd800)}.c2ln`,
        "\u{1f511}".repeat(9_000),
        "a".repeat(17 * 1_024),
        undefined,
        null,
        42,
        {},
        Symbol("token"),
      ]) {
        expect(() => world.lib.decodeClaims(token as string))
          .to.throw(world.lib.AuthError)
          .with.property("code", "P4P_BAD_TOKEN");
      }
    },
  },
  {
    name: "claims are what the host's parser makes of them, frozen, and nothing is changed",
    async run(world) {
      const unit = String.fromCharCode;
      const nested = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
      const payloads = [
        '{"id":9007199254740993,"big":1e308,"small":-1e-320,"exp":4102444800}',
        '{"__proto__":{"polluted":true},"constructor":1,"a":{"__proto__":null}}',
        // Not as text: Next.js 14 makes another text of it.
        JSON.stringify({ lone: unit(0xd800), [unit(0xdfff)]: "é\0" }),
        `{"deep":${nested(64)}}`,
        `{"deep":${nested(1_000)}}`,
        '{"a":1,"a":[{"b":[null,true,{}]}]}',
        "{}",
      ];
      for (const payload of payloads) {
        const token = jwtOf(payload);
        const parsed = JSON.parse(payload) as object;
        const same = (claims: object | null | undefined) => {
          expect(JSON.stringify(claims)).to.equal(JSON.stringify(parsed));
          expect(Object.getPrototypeOf(claims)).to.equal(Object.getPrototypeOf(parsed));
          expect(Reflect.ownKeys(claims ?? {})).to.deep.equal(Reflect.ownKeys(parsed));
          expect(isFrozen(claims), payload.slice(0, 60)).to.equal(true);
        };
        same(world.lib.decodeClaims(token));
        const expiresAt = Math.floor(Date.now() / 1_000) + 60;
        const service = scripted(world, { body: accepted({ token, expiresAt }) });
        same((await world.lib.authenticate({ ...good(world), tokenUrl: service.url })).claims);
      }
      expect({}).not.to.have.property("polluted");
    },
  },
  {
    name: "errors are told by their brand",
    async run(world) {
      const { isAuthError } = world.lib;
      const error = await failure(world.lib.authenticate(null as never));
      const otherCopy = Object.create(Object.getPrototypeOf(error) as object) as unknown;
      expect(isAuthError(otherCopy)).to.equal(true);
      const throwing = new Proxy(
        {},
        {
          get: () => {
            throw new Error("trapped");
          },
        },
      );
      for (const value of [
        undefined,
        null,
        "P4P_TIMEOUT",
        new Error("P4P_TIMEOUT"),
        { code: "P4P_TIMEOUT" },
        throwing,
      ]) {
        expect(isAuthError(value)).to.equal(false);
      }
    },
  },
  {
    name: "the version is the package's",
    async run(world) {
      expect(world.lib.VERSION).to.equal(world.version);
    },
  },
];
