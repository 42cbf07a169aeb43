// No error, event, state or inspector shows a private key or a token.
import { expect } from "chai";
import { carriers } from "./carriers.ts";
import { accepted, type Case, jwt, type Script, scripted } from "./harness.ts";
import { clientOf, failure, good } from "./make.ts";
import { escaped, expectHidden, inspectors, shown } from "./shown.ts";

const nowS = () => Math.floor(Date.now() / 1000);

/** The same, without the thousands' separators of some inspectors. */
const shownNumbers = (value: unknown) => shown(value).replaceAll("_", "");

/** An answer in which the service names the token wherever it can. */
const naming = (token: string, data: unknown): string =>
  JSON.stringify({
    success: false,
    statusCode: 400,
    message: `for ${token}, ${JSON.stringify({ token })}, ${token.replaceAll(/[/+=.]/g, escaped)}`,
    errors: [token, { field: token, [token]: [JSON.stringify({ token })] }],
    correlationId: token,
    data,
  });

export const secretCases: Case[] = [
  {
    name: "no inspector, copy or serialisation shows a token",
    async run(world) {
      const token = await world.lib.authenticate(good(world));
      const text = expectHidden(token, token.value);
      expect(text).to.include("[redacted]");
      expect(`${token}`).to.equal(`Token [redacted], expires ${token.expiresAt.toISOString()}`);
      expectHidden([{ token }], token.value);
      expectHidden(structuredClone(token), token.value);
      expectHidden({ ...token }, token.value);
      // What inspectors may show is still there, and so is what they may not.
      expect(token.authorization).to.equal(`Bearer ${token.value}`);
      expect(token).to.be.instanceOf(world.lib.Token);
      expect(Object.keys(token)).to.deep.equal([]);
    },
  },
  {
    name: "no inspector shows what a client holds",
    async run(world) {
      const client = world.lib.createClient({
        ...good(world),
        authorization: "Bearer gateway-token",
      });
      const { value } = await client.getToken();
      const shown = expectHidden(client, value, world.privateKey, "gateway-token");
      if (inspectors().length > 0) {
        expect(shown, "the state").to.match(/"?circuit"?: "closed"|circuit: 'closed'/);
      }
      expectHidden(client.state(), value, world.privateKey, "gateway-token");
      client.close();
      expectHidden(client, value, world.privateKey, "gateway-token");
    },
  },
  {
    name: "no cause carries a key, however it does so",
    async run(world) {
      // Not a literal: Next.js 14 minifies one with quotes and a backslash to another text.
      const [, backslash = ""] = JSON.stringify('"');
      const authorization = ["a", JSON.stringify("gateway's"), `${backslash}token`].join(" ");
      const given = { ...good(world), authorization, retries: 0 };
      for (const [name, carrier] of Object.entries(carriers)) {
        for (const secret of [world.privateKey, authorization]) {
          const cause = carrier(secret);
          for (const fetch of [() => Promise.reject(cause), () => thrown(cause)]) {
            const error = await failure(
              world.lib.authenticate({ ...given, fetch: fetch as never }),
            );
            expect(error.code, name).to.equal("P4P_NETWORK");
            expectHidden(error, secret);
            expect(Object.keys((error.cause ?? {}) as object), name).to.satisfy((keys: string[]) =>
              keys.every((key) => ["name", "code"].includes(key)),
            );
          }
        }
      }
    },
  },
  {
    name: "no cause carries a word of the authorization, or the query of the token's address",
    async run(world) {
      const [word, query] = ["gateway8", "?key=of-a-gateway"]; // 8 characters are the shortest secret
      const tokenUrl = `${world.tokenUrls[0]}${query}`;
      const given = { ...good(world), tokenUrl, authorization: `Bearer ${word}`, retries: 0 };
      for (const secret of [word, query]) {
        const fetch = () => Promise.reject(new Error(`sent ${secret}`));
        expectHidden(await failure(world.lib.authenticate({ ...given, fetch })), secret);
      }
      // "Bearer" is a word of it, too, and no secret.
      const cause = new Error("sent as a Bearer");
      const fetch = () => Promise.reject(cause);
      expect((await failure(world.lib.authenticate({ ...given, fetch }))).cause).to.equal(cause);
    },
  },
  {
    name: "no cause carries a key that is a number",
    async run(world) {
      const given = { ...good(world), privateKey: "1234567890123456", retries: 0 };
      for (const cause of [
        ...[1234567890123456, 1234567890123456n],
        Object.assign(new Error("sent"), { pin: 1234567890123456n }),
        Object.assign(new Error("sent"), { code: 1234567890123456 }),
        { name: "Plain", code: 1234567890123456 },
      ]) {
        const fetch = () => Promise.reject(cause);
        const error = await failure(world.lib.authenticate({ ...given, fetch }));
        expect(shownNumbers(error)).not.to.include(given.privateKey);
      }
    },
  },
  {
    name: "a cause that carries no secret is the very one that was thrown",
    async run(world) {
      const refused = Object.assign(new Error("connect ECONNREFUSED 10.0.0.1:443"), {
        code: "ECONNREFUSED",
        port: 443,
        fatal: false,
      });
      for (const cause of [
        "a text",
        7,
        new TypeError("fetch failed", { cause: refused }),
        new RangeError("a", { cause: "a text" }),
      ]) {
        const fetch = () => Promise.reject(cause);
        const error = await failure(world.lib.authenticate({ ...good(world), fetch, retries: 0 }));
        expect(error.cause).to.equal(cause);
      }
    },
  },
  {
    name: "a cause of another class is told by its name and code",
    async run(world) {
      class SocketError extends Error {
        override readonly name = "SocketError";
        readonly code = "UND_ERR_SOCKET";
        readonly socket = { remoteAddress: "10.0.0.1" };
      }
      const many = new AggregateError([new Error("a")], "several");
      for (const [thrown, told] of [
        [new SocketError("closed"), { name: "SocketError", code: "UND_ERR_SOCKET" }],
        [
          Object.assign(many, { code: "ECONNREFUSED" }),
          { name: "AggregateError", code: "ECONNREFUSED" },
        ],
        [
          { name: "Plain", code: 7, message: "a" },
          { name: "Plain", code: 7 },
        ],
      ] as const) {
        const fetch = () => Promise.reject(thrown);
        const error = await failure(world.lib.authenticate({ ...good(world), fetch, retries: 0 }));
        expect(error.cause).to.be.instanceOf(Error).and.not.equal(thrown);
        expect({ ...(error.cause as object) }).to.deep.equal(told);
        expect((error.cause as Error).message).to.equal("");
      }
    },
  },
  {
    name: "a service that echoes the keys is scrubbed",
    async run(world) {
      const body =
        '{"success":false,"statusCode":401,"message":"$BODY","errors":["$BODY"],"correlationId":"$BODY"}';
      const { url } = scripted(world, { status: 401, fault: "echo", body });
      const error = await failure(world.lib.authenticate({ ...good(world), tokenUrl: url }));
      expect(expectHidden(error, world.privateKey)).to.include("[redacted]");
    },
  },
  {
    name: "a service that names the token it hands out is scrubbed",
    async run(world) {
      for (const token of TOKENS()) {
        for (const status of [200, 400, 401, 403, 422, 429, 500]) {
          const { url } = scripted(world, { status, body: naming(token, { token }) });
          const error = await failure(
            world.lib.authenticate({ ...good(world), tokenUrl: url, retries: 0 }),
          );
          expect(expectHidden(error, token), String(status)).to.include("[redacted]");
        }
        // One that is accepted, but for its token.
        for (const [given, code] of [
          [token, "P4P_TOKEN_UNUSABLE"],
          [`Bearer ${token}`, "P4P_BAD_RESPONSE"],
          [` ${token}\n`, "P4P_BAD_RESPONSE"],
        ] as const) {
          const data = { token: given, expiresAt: nowS() - 60 };
          const answer = { ...JSON.parse(naming(token, data)), success: true, statusCode: 200 };
          const { url } = scripted(world, { body: JSON.stringify(answer) });
          const error = await failure(
            world.lib.authenticate({ ...good(world), tokenUrl: url, retries: 0 }),
          );
          expect(error.code).to.equal(code);
          expect(expectHidden(error, token)).to.include("[redacted]");
        }
      }
    },
  },
  {
    name: "a token whose answer names it in the correlation id is shown without",
    async run(world) {
      for (const value of TOKENS()) {
        const data = { token: value, expiresAt: nowS() + 3_600 };
        const body = JSON.stringify({ ...JSON.parse(accepted(data)), correlationId: value });
        const { client, events } = clientOf(world, { body });
        const token = await client.getToken();
        expect(token.value).to.equal(value);
        expect(token.correlationId).to.equal("[redacted]");
        expectHidden([token, events, client.state()], value);
        client.close();
      }
    },
  },
  {
    name: "a service that names the token held before is scrubbed",
    async run(world) {
      const losses: Record<string, (made: ReturnType<typeof clientOf>) => unknown> = {
        "dropped by its holder": ({ client }) => client.invalidate(),
        "rejected with a 401": async ({ client }) => {
          const { url } = scripted(world, { status: 401 });
          expect((await client.fetch(url)).status).to.equal(401);
        },
      };
      for (const [name, lose] of Object.entries(losses)) {
        for (const value of TOKENS()) {
          const first: Script = { body: accepted({ token: value, expiresAt: nowS() + 3_600 }) };
          const later: Script = { status: 400, body: naming(value, null) };
          const made = clientOf(
            world,
            { inTurn: [first, later] },
            { baseUrl: world.scriptUrl, retries: 0 },
          );
          const token = await made.client.getToken();
          expect(token.value).to.equal(value);
          await lose(made);
          const error = await failure(made.client.getToken());
          expect(error.message, name).to.include("[redacted]");
          expectHidden([error, made.events, made.client.state()], value, world.privateKey);
          made.client.close();
        }
      }
    },
  },
];

/** A JWT, and a token that JSON escapes when it names it. */
const TOKENS = (): string[] => [
  jwt({ exp: nowS() + 3_600, iat: nowS() }), // short enough for a correlation id
  `opaque/token+of==${nowS()}`,
];

function thrown(cause: unknown): never {
  throw cause;
}
