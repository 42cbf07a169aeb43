// Every object that the package hands out, in every state: nothing that a program can do with it shows a secret.
import { expect } from "chai";
import type { ClientOptions, TokenStore } from "pay4power-auth";
import { accepted, type Case, type Script, scripted, type World } from "./harness.ts";
import { arrived, clientOf, DUE_MS, eventually, failure, good, withClocksHeld } from "./make.ts";
import { expectHidden, expectNowhere } from "./shown.ts";

const HOUR: Script = { lifetimeS: 3_600 };
const AUTHORIZATION = "Bearer of-a-gateway";

/** A client that keeps all that it tells. */
function watched(world: World, script: Script, options: Partial<ClientOptions> = {}) {
  return clientOf(world, script, {
    baseUrl: world.scriptUrl,
    authorization: AUTHORIZATION,
    ...options,
  });
}

const rejection = (value: string): Script => ({
  status: 400,
  body: JSON.stringify({ success: false, statusCode: 400, message: value, errors: [{ value }] }),
});

export const publicObjectCases: Case[] = [
  {
    name: "no copy of a token, and no promise of one, shows it",
    async run(world) {
      const asked = world.lib.authenticate(good(world));
      const token = await asked;
      const { value } = token;
      expectNowhere(token, value, world.privateKey);
      expectNowhere(asked, value, world.privateKey);
      expectHidden(token.claims, value);
      class OwnToken extends (world.lib.Token as unknown as new (record: object) => object) {}
      const record = { value, expiresAtMs: 1, issuedAtMs: null, claims: null, correlationId: null };
      expectNowhere(new OwnToken(record), value);
      for (const found of [{ ...world.lib }, world.lib.Token, world.lib.AuthError]) {
        expectHidden(found, value, world.privateKey);
      }
    },
  },
  {
    name: "no client shows what it holds, at any time of its life",
    async run(world) {
      const inTurn: Script[] = [{ ...HOUR, held: true }, HOUR, HOUR, rejection("later")];
      const made = watched(world, { inTurn });
      const { client, events, asked, release } = made;
      const secrets = [world.privateKey, AUTHORIZATION, "of-a-gateway"];
      const look = (...more: string[]) => {
        expectNowhere(client, ...secrets, ...more);
        expectHidden([client.state(), client.getToken, client.fetch, events], ...secrets, ...more);
      };
      look();
      await withClocksHeld(async (move) => {
        const first = client.getToken();
        const request = client.fetch(scripted(world, { body: "fine" }).url);
        await asked();
        look();
        for (const waits of [first, request]) {
          expectNowhere(waits, ...secrets);
        }
        await release();
        const { value } = await first;
        look(value);
        expectNowhere(first, ...secrets, value);
        expectNowhere(client.getToken(), ...secrets, value);
        const answer = await request;
        expectHidden(answer, ...secrets, value);
        expectHidden(answer.headers, ...secrets, value);
        await answer.text();

        move(DUE_MS);
        expect(client.state().token).to.equal("refresh-soon");
        await client.getToken();
        look(value);
        await eventually(() => client.state().token === "fresh");
        client.invalidate();
        look(value);
        const other = (await client.getToken()).value;
        look(value, other);
        client.invalidate();
        const error = await failure(client.getToken());
        look(value, other);
        expectNowhere(error, ...secrets, value, other);
        client.close();
        look(value, other);
        expectNowhere(await failure(client.getToken()), ...secrets, value, other);
      });
    },
  },
  {
    name: "the errors and events of every failure show no secret of the client",
    async run(world) {
      const { value } = await world.lib.authenticate(good(world));
      const fails = (reason: unknown) => () => Promise.reject(reason);
      const failures: Record<string, [Script, Partial<ClientOptions>?]> = {
        echoed: [{ status: 401, fault: "echo", body: '{"success":false,"message":"$BODY"}' }],
        page: [{ status: 502, fault: "echo", body: "<p>$BODY</p>" }],
        broken: [{ fault: "break" }],
        reset: [{ fault: "reset" }],
        redirect: [{ status: 302, headers: { Location: "/elsewhere" } }],
        expired: [{ body: accepted({ token: value, expiresAt: 1_000_000_000 }) }],
        malformed: [{ body: accepted({ token: `${value}\n`, expiresAt: 4_102_444_800 }) }],
        "own text": [HOUR, { fetch: fails(world.privateKey) }],
        "own object": [HOUR, { fetch: fails({ name: world.privateKey, code: value }) }],
        "own request": [
          HOUR,
          {
            async fetch(_, init) {
              throw Object.assign(new Error(String(init?.body)), { init });
            },
          },
        ],
      };
      const secrets = [world.privateKey, AUTHORIZATION, "of-a-gateway"];
      for (const [name, [script, options]] of Object.entries(failures)) {
        const { client, events } = watched(world, script, { retries: 0, ...options });
        const waits = client.getToken();
        const error = await failure(waits);
        const answer = ["expired", "malformed"].includes(name) ? [value] : [];
        expectNowhere(error, ...secrets, ...answer);
        expectHidden([waits, events, client, client.state()], ...secrets, ...answer);
        client.close();
      }
    },
  },
  {
    name: "a store is given no token and no key that it could show",
    async run(world) {
      const seen: unknown[] = [];
      const values = new Map<string, string>();
      const store: TokenStore = {
        async get(...given) {
          seen.push(given);
          return values.get(given[0]) ?? null;
        },
        async set(...given) {
          seen.push(given);
          values.set(given[0], given[1]);
        },
        async delete(...given) {
          seen.push(given);
          values.delete(given[0]);
        },
      };
      const { client, events } = watched(world, HOUR, { store });
      const { value } = await client.getToken();
      await client.getToken();
      client.invalidate();
      const other = (await client.getToken()).value;
      expect(seen.length).to.be.above(3);
      expectHidden([seen, events, store, client], world.privateKey, AUTHORIZATION, value, other);
      client.close();
    },
  },
  {
    name: "what the package hands out can't be changed for its other holders",
    async run(world) {
      const { client, events } = watched(world, HOUR);
      const api = scripted(world, { inTurn: [{ status: 401 }, { body: "fine" }] });
      const token = await client.getToken();
      const { value, expiresAtMs } = token;
      const state = client.state() as { token: string };
      state.token = "expired";
      token.expiresAt.setTime(0);
      expect(() => Object.assign(token, { expiresAtMs: 0 })).to.throw(TypeError);
      expect(() => Object.assign(token.claims as object, { exp: 0 })).to.throw(TypeError);
      for (const event of events) {
        Object.assign(event, { type: "changed", correlationId: "changed" });
      }
      expect(client.state()).to.include({ token: "fresh", expiresAtMs });
      expect((await client.getToken()).value).to.equal(value);
      const answer = await client.fetch(api.url);
      expect(await answer.text()).to.equal("fine");
      await arrived(api, 2);
      client.close();

      const broken = watched(world, rejection("for the caller"), { retries: 0 }).client;
      const first = await failure(broken.getToken());
      const { code, message } = first;
      expect(() => (first.errors as unknown[]).push("more")).to.throw(TypeError);
      Object.assign(first, { message: "changed", code: "changed", cause: world.privateKey });
      const later = await failure(broken.getToken());
      expect(later).to.include({ code, message });
      expectHidden(later, world.privateKey);
      broken.close();
    },
  },
];
