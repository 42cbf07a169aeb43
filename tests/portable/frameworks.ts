// Frameworks that replace `fetch`: caches that would keep the exchange, and renders that are given up.
import { expect } from "chai";
import { type Case, type Script, scripted } from "./harness.ts";
import {
  clientOf,
  DUE_MS,
  eventually,
  failure,
  good,
  withClocksAhead,
  withClocksHeld,
} from "./make.ts";
import { uncaughtWhile } from "./trap-support.ts";

const HOUR: Script = { lifetimeS: 3_600 };

/** What Next.js rejects `fetch` with when it gives up a render. */
const controlFlow = (more: object = {}) =>
  Object.assign(new Error("x"), { digest: "HANGING_PROMISE_REJECTION", ...more });

/** A `fetch` whose calls in `givenUp` (from 1) reject with `thrown` when they are let go. */
function framework(thrown: unknown, givenUp: readonly number[] = [1]) {
  let calls = 0;
  let letGo = () => {};
  const goes = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  return {
    calls: () => calls,
    letGo: () => letGo(),
    fetch: async (url: RequestInfo | URL, init?: RequestInit) => {
      calls += 1;
      if (!givenUp.includes(calls)) {
        return fetch(url, init);
      }
      await goes;
      throw thrown;
    },
  };
}

/** Whether this platform's requests may have a cache mode. */
/** By which the library keeps the runtime from sending a request twice. */
function ownMembers(): string[] {
  const { Bun, Deno } = globalThis as { readonly Bun?: unknown; readonly Deno?: unknown };
  return Bun ? ["keepalive"] : Deno ? ["client"] : [];
}

function takesCache(): boolean {
  try {
    new Request("https://example.com", { cache: "no-store" });
    return true;
  } catch {
    return false;
  }
}

export const frameworkCases: Case[] = [
  {
    name: "no cache may keep an exchange, where the platform has a say in it",
    async run(world) {
      const service = scripted(world, HOUR);
      const inits: RequestInit[] = [];
      const options = {
        ...good(world),
        tokenUrl: service.url,
        fetch: (url: RequestInfo | URL, init?: RequestInit) => {
          inits.push({ ...init });
          return fetch(url, init);
        },
      };
      await world.lib.authenticate(options);
      const client = world.lib.createClient(options);
      await client.getToken();
      client.close();
      const members = ["body", "headers", "method", "redirect", "signal", ...ownMembers()];
      for (const init of inits) {
        expect(init.cache).to.equal(takesCache() ? "no-store" : undefined);
        expect(Object.keys(init)).to.have.members(takesCache() ? ["cache", ...members] : members);
      }
      expect(inits).to.have.length(2);
    },
  },
  {
    name: "a render that is given up ends authenticate with the framework's own object, at once",
    async run(world) {
      const { url } = scripted(world, HOUR);
      const frozen = Object.freeze({ digest: "DYNAMIC_SERVER_USAGE", held: world.privateKey });
      for (const thrown of [controlFlow(), controlFlow({ code: "X", cause: world }), frozen]) {
        const { calls, letGo, fetch } = framework(thrown, [1, 2, 3, 4]);
        letGo();
        const reason = await failure(
          world.lib.authenticate({ ...good(world), tokenUrl: url, fetch }),
        );
        expect(reason).to.equal(thrown);
        expect(calls()).to.equal(1);
      }
    },
  },
  {
    name: "what merely looks like a framework's control flow is a failure",
    async run(world) {
      const { url } = scripted(world, HOUR);
      const throwing = Object.defineProperty(new Error("x"), "digest", {
        get() {
          throw new Error("trapped");
        },
      });
      const others = [
        controlFlow({ digest: 1 }),
        controlFlow({ digest: null }),
        throwing,
        Object.create({ digest: "HANGING_PROMISE_REJECTION" }),
        Object.assign(() => {}, { digest: "HANGING_PROMISE_REJECTION" }),
        "digest",
      ];
      for (const thrown of [...others, undefined, null]) {
        const { letGo, fetch } = framework(thrown);
        letGo();
        const options = { ...good(world), tokenUrl: url, retries: 0, fetch };
        const error = await failure(world.lib.authenticate(options));
        expect(world.lib.isAuthError(error)).to.equal(true);
        expect(error.code).to.equal("P4P_NETWORK");
      }
    },
  },
  {
    name: "a render that is given up fails its own call only: the next caller leads",
    async run(world) {
      const thrown = controlFlow();
      const { calls, letGo, fetch } = framework(thrown);
      const { client, events, exchanges } = clientOf(world, HOUR, { fetch });
      const leader = failure(client.getToken());
      const others = Array.from({ length: 20 }, () => client.getToken());
      await eventually(() => calls() === 1);
      letGo();
      expect(await leader).to.equal(thrown);
      expect(new Set(await Promise.all(others)).size).to.equal(1);
      expect(calls()).to.equal(2);
      expect(await exchanges()).to.equal(1);
      const told = events.map(({ type, reason }) => [type, reason]);
      expect(told).to.deep.equal([
        ["exchange.start", "absent"],
        ["exchange.start", "abandoned"],
        ["exchange.success", "abandoned"],
      ]);
      client.close();
    },
  },
  {
    name: "renders that are given up one after another are remembered by nobody",
    async run(world) {
      const thrown = controlFlow();
      const { calls, letGo, fetch } = framework(thrown, [1, 2, 3, 4, 5]);
      const { client, types } = clientOf(world, HOUR, { fetch });
      letGo();
      const together = Array.from({ length: 3 }, () => failure(client.getToken()));
      expect(await Promise.all(together)).to.deep.equal([thrown, thrown, thrown]);
      expect(calls()).to.equal(2); // the first one led, and then one for the others
      for (let times = 0; times < 3; times++) {
        expect(await failure(client.getToken())).to.equal(thrown);
      }
      expect((await client.getToken()).isExpired()).to.equal(false);
      expect(calls()).to.equal(6);
      expect(types().filter((type) => /failure|circuit|retry/.test(type))).to.deep.equal([]);
      client.close();
    },
  },
  {
    name: "a refresh whose render is given up fails nobody, and the next caller refreshes",
    async run(world) {
      const { calls, letGo, fetch } = framework(controlFlow(), [2]);
      const { client, types } = clientOf(world, HOUR, { fetch });
      const uncaught = await uncaughtWhile(async () => {
        const old = await client.getToken();
        await withClocksAhead(
          () => DUE_MS,
          async () => {
            const all = await Promise.all(Array.from({ length: 20 }, () => client.getToken()));
            expect(new Set(all)).to.deep.equal(new Set([old]));
            await eventually(() => calls() === 2);
            letGo();
            await eventually(async () => (await client.getToken()) !== old);
          },
        );
      });
      expect(uncaught).to.deep.equal([]);
      expect(calls()).to.equal(3);
      expect(types()).not.to.include("exchange.failure");
      client.close();
    },
  },
  {
    name: "a refresh whose render is given up is made again at once, by the next caller",
    async run(world) {
      const { calls, letGo, fetch } = framework(controlFlow(), [2]);
      const { client } = clientOf(world, HOUR, { fetch });
      await withClocksHeld(async (move) => {
        const old = await client.getToken();
        move(DUE_MS);
        expect(await client.getToken()).to.equal(old);
        await eventually(() => calls() === 2);
        letGo();
        await eventually(() => !client.state().exchanging);
        expect(await client.getToken()).to.equal(old);
        expect(client.state().exchanging).to.equal(true);
        await eventually(() => !client.state().exchanging);
        expect(await client.getToken()).not.to.equal(old);
        expect(calls()).to.equal(3);
      });
      client.close();
    },
  },
  {
    name: "client.fetch rejects with the framework's own object, also after a 401",
    async run(world) {
      const thrown = controlFlow();
      const api = scripted(world, { status: 401 });
      for (const givenUp of [1, 3]) {
        const { letGo, fetch } = framework(thrown, [givenUp]);
        letGo();
        const { client } = clientOf(world, HOUR, { fetch, baseUrl: world.scriptUrl });
        expect(await failure(client.fetch(api.url))).to.equal(thrown);
        client.close();
      }
    },
  },
];
