// A signal that aborts, a client that is closed, a token that is dropped: at each point of a call.
import { expect } from "chai";
import type { AuthError, Client } from "pay4power-auth";
import { type Case, scripted, type World } from "./harness.ts";
import {
  EXCHANGE_POINTS,
  type Held,
  isReplayed,
  type Point,
  REQUEST_POINTS,
  sentAt,
  TOKEN_POINTS,
  withHeld,
} from "./held.ts";
import { clientOf, failure, good } from "./make.ts";

/** A signal that counts the package's listeners, and its controller. */
function counted() {
  const controller = new AbortController();
  const { signal } = controller;
  let listeners = 0;
  const { addEventListener, removeEventListener } = AbortSignal.prototype;
  Object.assign(signal, {
    addEventListener(...given: Parameters<typeof addEventListener>) {
      listeners += 1;
      addEventListener.apply(signal, given);
    },
    removeEventListener(...given: Parameters<typeof removeEventListener>) {
      listeners -= 1;
      removeEventListener.apply(signal, given);
    },
  });
  return { controller, signal, listeners: () => listeners };
}

/** A `fetch` that heeds its signal, and one that does not, which only `requestTimeoutMs` gets over. */
const MODES = [{ heeds: true }, { heeds: false, options: { requestTimeoutMs: 600_000 } }] as const;

const PAYMENT = { method: "POST", body: "pay" };

/** The client still works, and what was held is not sent again behind its back. */
async function expectUsable(world: World, client: Client): Promise<void> {
  expect((await client.getToken()).isExpired()).to.equal(false);
  const api = scripted(world, { body: "fine" });
  const answer = await client.fetch(api.url, PAYMENT);
  expect(await answer.text()).to.equal("fine");
  expect(await api.calls()).to.have.length(1);
}

/** Runs `run` for each of the points, with both kinds of `fetch`. Names them if it fails. */
async function atEach(
  world: World,
  points: readonly Point[],
  run: (held: Held, point: Point) => Promise<void>,
): Promise<void> {
  for (const mode of MODES) {
    for (const point of points) {
      try {
        await withHeld(world, point, mode, (held) => run(held, point));
      } catch (error) {
        throw new Error(`at ${point}, ${JSON.stringify(mode)}: ${error}`, { cause: error });
      }
    }
  }
}

/** There one request can't end the wait of another: `close` waits for the store's own time limit. */
const IS_WORKERS = globalThis.navigator?.userAgent === "Cloudflare-Workers";

const REASON = new RangeError("left");

/** The functions of the caller's that the package calls for one `getToken`. */
const PLACES = ["credentials", "get", "set", "fetch", "onEvent", "waitUntil"] as const;

/** A client that calls `at` within each of these functions, and what `getToken` is given. */
function calledBack(world: World, at: (place: (typeof PLACES)[number]) => void) {
  const { publicKey, privateKey } = world;
  // With a `waitUntil` no caller waits for the write.
  const waitUntil = () => at("waitUntil");
  const { client } = clientOf(
    world,
    { lifetimeS: 3_600 },
    {
      baseUrl: world.scriptUrl,
      async credentials() {
        at("credentials");
        return { publicKey, privateKey };
      },
      store: {
        async get() {
          at("get");
          return null;
        },
        async set() {
          at("set");
        },
        async delete() {},
      },
      fetch(url, init) {
        at("fetch");
        return fetch(url, init);
      },
      onEvent: () => at("onEvent"),
    },
  );
  return { client, waitUntil };
}

const ALL_POINTS = [...TOKEN_POINTS, ...REQUEST_POINTS];

export const abortCases: Case[] = [
  {
    name: "authenticate ends with the signal's own reason wherever it aborts, and sends nothing more",
    run: (world) =>
      atEach(world, EXCHANGE_POINTS, async ({ options, signals, reached, release, exchanges }) => {
        const { controller, signal, listeners } = counted();
        const given = { ...good(world), ...options };
        const left = failure(world.lib.authenticate({ ...given, signal }));
        await reached();
        const before = await exchanges();
        expect(listeners()).to.equal(1);
        controller.abort(REASON);
        expect(await left).to.equal(REASON);
        expect(listeners()).to.equal(0);
        expect(signals.map(({ aborted }) => aborted)).to.deep.equal([true]);
        release();
        await world.lib.authenticate(given);
        expect(await exchanges()).to.equal(before + 1);
      }),
  },
  {
    name: "getToken ends with the signal's own reason wherever it aborts, and the exchange goes on",
    run: (world) =>
      atEach(world, TOKEN_POINTS, async ({ client, reached, release, exchanges }) => {
        const { controller, signal, listeners } = counted();
        const left = failure(client.getToken({ signal }));
        await reached();
        expect(listeners()).to.equal(1);
        controller.abort(REASON);
        expect(await left).to.equal(REASON);
        expect(listeners()).to.equal(0);
        release();
        await expectUsable(world, client);
        expect(await exchanges()).to.equal(1);
      }),
  },
  {
    name: "client.fetch ends with the signal's own reason wherever it aborts, and pays no more than it had",
    run: (world) =>
      atEach(world, ALL_POINTS, async (held, point) => {
        const { client, reached, release, payments, paymentUrl } = held;
        const { controller, signal, listeners } = counted();
        const left = failure(client.fetch(paymentUrl, { ...PAYMENT, signal }));
        await reached();
        controller.abort(REASON);
        expect(await left).to.equal(REASON);
        expect(listeners()).to.equal(0);
        release();
        await expectUsable(world, client);
        expect(await payments()).to.equal(sentAt(point));
      }),
  },
  {
    name: "a caller may abort, or close, in any function that the package calls for it",
    async run(world) {
      const acts = {
        abort: (_: Client, controller: AbortController) => controller.abort(REASON),
        close: (client: Client) => client.close(),
      };
      for (const [name, act] of Object.entries(acts)) {
        for (const place of PLACES) {
          const { controller, signal, listeners } = counted();
          const { client, waitUntil } = calledBack(world, (here) => {
            if (here === place) {
              act(client, controller);
            }
          });
          const options = place === "waitUntil" ? { signal, waitUntil } : { signal };
          const error: unknown = await client.getToken(options).catch((thrown: unknown) => thrown);
          const about = `${name} in ${place}: ${error}`;
          expect(error, about).to.satisfy((it: unknown) =>
            name === "abort" ? it === REASON : (it as AuthError).code === "P4P_CLOSED",
          );
          expect(listeners(), about).to.equal(0);
          if (name === "abort") {
            await expectUsable(world, client);
          }
          client.close();
        }
      }
    },
  },
  {
    name: "close ends a wait for a token at each point, and nothing is sent after it",
    async run(world) {
      const all: ((held: Held) => Promise<unknown>)[] = [
        ({ client }) => client.getToken(),
        ({ client, paymentUrl }) => client.fetch(paymentUrl, PAYMENT),
      ];
      for (const call of all) {
        await atEach(world, TOKEN_POINTS, async (held) => {
          const { client, reached, release, payments, reasons } = held;
          const closed = failure(call(held));
          await reached();
          client.close();
          expect((await closed).code).to.equal("P4P_CLOSED");
          if (!IS_WORKERS) {
            expect(reasons(), "close did not wait for the store").not.to.include("set.timeout");
          }
          release();
          expect((await failure(client.getToken())).code).to.equal("P4P_CLOSED");
          expect(await payments()).to.equal(0);
        });
      }
    },
  },
  {
    name: "close leaves a request that was sent its answer, and replays nothing",
    run: (world) =>
      atEach(world, REQUEST_POINTS, async (held, point) => {
        const { client, reached, release, payments, paymentUrl } = held;
        const answered = client.fetch(paymentUrl, PAYMENT);
        await reached();
        client.close();
        if (point !== "the second exchange") {
          release();
        }
        const { status } = await answered;
        expect(status).to.equal(point === "the second exchange" ? 401 : 200);
        release();
        expect((await failure(client.fetch(paymentUrl, PAYMENT))).code).to.equal("P4P_CLOSED");
        expect(await payments()).to.equal(sentAt(point));
      }),
  },
  {
    name: "a token that is dropped, or a reset, at any point fails no call and pays nothing twice",
    async run(world) {
      const all: Record<string, (client: Client) => void> = {
        invalidate: (client) => client.invalidate(),
        reset: (client) => client.reset(),
      };
      for (const [name, act] of Object.entries(all)) {
        await atEach(world, ALL_POINTS, async (held, point) => {
          const { client, reached, release, payments, paymentUrl } = held;
          const calls = [client.getToken(), client.fetch(paymentUrl, PAYMENT)] as const;
          const both = Promise.all(calls);
          await reached();
          act(client);
          release();
          const [token, { status }] = await both;
          expect(token.isExpired(), name).to.equal(false);
          expect(status, name).to.equal(200);
          expect(await payments(), name).to.equal(isReplayed(point) ? 2 : 1);
          await expectUsable(world, client);
        });
      }
    },
  },
  {
    name: "`using` closes a client at the end of its block, whatever it waits for",
    run: (world) =>
      atEach(world, TOKEN_POINTS, async ({ client, reached, release }) => {
        const waits = await (async () => {
          using used = client;
          const waits = [failure(used.getToken())];
          await reached();
          return waits;
        })();
        const [error] = await Promise.all(waits);
        expect(error?.code).to.equal("P4P_CLOSED");
        release();
      }),
  },
];
