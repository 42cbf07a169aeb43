// `requestTimeoutMs`: how long a client's fetch may take, and what becomes of the caller's own signal.
import { expect } from "chai";
import type { ClientOptions } from "pay4power-auth";
import { type Case, type Script, scripted, type World } from "./harness.ts";
import { arrived, clientOf, eventually, failure, withTimersHeld } from "./make.ts";

const HOUR: Script = { lifetimeS: 3_600 };
const STALLS: Script = { fault: "stall" };
/** No other timer has this time. */
const TIMEOUT_MS = 543_210;

function fetcher(world: World, options: Partial<ClientOptions> = {}, exchange = HOUR) {
  const timed = { requestTimeoutMs: TIMEOUT_MS, baseUrl: world.scriptUrl };
  return clientOf(world, exchange, { ...timed, ...options });
}

/** A signal that counts the listeners it has. */
function counted(signal: AbortSignal) {
  let listeners = 0;
  const { addEventListener, removeEventListener } = signal;
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
  return () => listeners;
}

export const timeOutCases: Case[] = [
  {
    name: "a request without an answer in time is aborted, fails by its time-out, and is not repeated",
    async run(world) {
      const signals: AbortSignal[] = [];
      const { client } = fetcher(world, {
        fetch(url, init) {
          signals.push(init?.signal as AbortSignal);
          return fetch(url, init);
        },
      });
      await client.getToken();
      const api = scripted(world, { fault: "silent" });
      await withTimersHeld(TIMEOUT_MS, async ({ ring, running }) => {
        const failed = failure(client.fetch(api.url, { method: "POST", body: "pay" }));
        await arrived(api);
        ring();
        const error = await failed;
        expect(error).to.be.instanceOf(DOMException);
        expect(error).to.include({ name: "TimeoutError" });
        expect(error.message).to.include(`${TIMEOUT_MS} ms`);
        expect(signals.at(-1)?.reason).to.equal(error);
        expect(running()).to.equal(0);
      });
      expect(await api.calls()).to.have.length(1);
      client.close();
    },
  },
  {
    name: "a fetch that does not look at its signal is not waited for, and its late 401 is not replayed",
    async run(world) {
      let answer = (_: Response) => {};
      let sent = 0;
      const { client, types } = fetcher(world, {
        fetch(url, init) {
          if (init?.method === "POST" && init.body !== "pay") {
            return fetch(url, init);
          }
          sent += 1;
          return new Promise<Response>((resolve) => {
            answer = resolve;
          });
        },
      });
      await client.getToken();
      await withTimersHeld(TIMEOUT_MS, async ({ ring }) => {
        const failed = failure(client.fetch("/pay", { method: "POST", body: "pay" }));
        await eventually(() => sent === 1);
        ring();
        expect(await failed).to.include({ name: "TimeoutError" });
      });
      answer(new Response(null, { status: 401 }));
      await eventually(() => types().includes("token.rejected"));
      await client.getToken();
      expect(sent).to.equal(1);
      client.close();
    },
  },
  {
    name: "the wait for a token is part of the time, and the exchange goes on for others",
    async run(world) {
      const { client, asked, release, exchanges } = fetcher(world, {}, { ...HOUR, held: true });
      const api = scripted(world, { body: "{}" });
      await withTimersHeld(TIMEOUT_MS, async ({ ring }) => {
        const failed = failure(client.fetch(api.url));
        const other = client.getToken();
        await asked();
        ring();
        expect(await failed).to.include({ name: "TimeoutError" });
        await release();
        await other;
      });
      expect(await api.calls()).to.deep.equal([]);
      expect(await exchanges()).to.equal(1);
      client.close();
    },
  },
  {
    name: "a second send is part of the time",
    async run(world) {
      const { client } = fetcher(world);
      const api = scripted(world, { inTurn: [{ status: 401 }, { fault: "silent" }] });
      await withTimersHeld(TIMEOUT_MS, async ({ ring, running }) => {
        const failed = failure(client.fetch(api.url));
        await arrived(api, 2);
        expect(running()).to.equal(1);
        ring();
        expect(await failed).to.include({ name: "TimeoutError" });
      });
      expect(await api.calls()).to.have.length(2);
      client.close();
    },
  },
  {
    name: "the time ends with the headers, and with a failure",
    async run(world) {
      const { client } = fetcher(world);
      const api = scripted(world, { body: "{}" });
      await withTimersHeld(TIMEOUT_MS, async ({ running }) => {
        const answer = await client.fetch(api.url);
        expect(running()).to.equal(0);
        expect(await answer.text()).to.equal("{}");
        const outside = await failure(client.fetch("https://pay4power.example/"));
        expect(outside.code).to.equal("P4P_FORBIDDEN_ORIGIN");
        expect(running()).to.equal(0);
      });
      client.close();
    },
  },
  {
    name: "the caller's own signal ends a timed request, to the end of its body",
    async run(world) {
      const { client } = fetcher(world);
      const reason = new RangeError("left");
      const signalOf = (init: (signal: AbortSignal) => [string | Request, RequestInit?]) => {
        const controller = new AbortController();
        return { controller, answer: client.fetch(...init(controller.signal)) };
      };
      const silent = scripted(world, { fault: "silent" });
      const left = signalOf((signal) => [silent.url, { signal }]);
      const leaves = failure(left.answer);
      await arrived(silent);
      left.controller.abort(reason);
      expect(await leaves).to.equal(reason);

      const stalled = scripted(world, STALLS);
      const { controller, answer } = signalOf((signal) => [stalled.url, { signal }]);
      const broken = failure((await answer).text());
      controller.abort(reason);
      await broken;

      const before = failure(client.fetch(silent.url, { signal: AbortSignal.abort(reason) }));
      expect(await before).to.equal(reason);
      const none = failure(client.fetch(silent.url, { signal: {} as AbortSignal }));
      expect((await none).message).to.include("`signal`");
      expect(await silent.calls()).to.have.length(1);
      client.close();
    },
  },
  {
    name: "many timed requests have one listener on their caller's signal, and none after their end",
    async run(world) {
      const { client } = fetcher(world, {
        async fetch(url, init) {
          const answer = await fetch(url, init);
          // A browser's own answer has a body here too, which the signal follows to its end.
          return answer.status === 204 ? new Response(null, answer) : answer;
        },
      });
      await client.getToken();
      const { signal } = new AbortController();
      const listeners = counted(signal);
      const held = scripted(world, { status: 204, held: true });
      // Browsers have six connections to a host, and the test itself needs one of them.
      const all = Promise.all(Array.from({ length: 3 }, () => client.fetch(held.url, { signal })));
      await arrived(held, 3);
      expect(listeners()).to.equal(1);
      await held.release();
      await all;
      expect(listeners()).to.equal(0);
      client.close();
    },
  },
  {
    name: "an answer of another kind passes through, and null takes a Request's signal away",
    async run(world) {
      const answer = { status: 200, body: "text" } as unknown as Response;
      const odd = fetcher(world, {
        fetch: async (url, init) => (init?.method === "POST" ? fetch(url, init) : answer),
      });
      for (const signal of [undefined, new AbortController().signal]) {
        expect(await odd.client.fetch("/x", signal && { signal })).to.equal(answer);
      }
      odd.client.close();
      for (const requestTimeoutMs of [undefined, TIMEOUT_MS]) {
        const api = scripted(world, { status: 204 });
        const plain = fetcher(world, { requestTimeoutMs }).client;
        const request = new Request(api.url, { signal: AbortSignal.abort() });
        expect((await plain.fetch(request, { signal: null })).status).to.equal(204);
        plain.close();
      }
    },
  },
  {
    name: "without requestTimeoutMs a request has neither timer nor controller, and its own signal",
    async run(world) {
      const signals: unknown[] = [];
      const { client } = fetcher(world, {
        requestTimeoutMs: undefined,
        async fetch(url, init) {
          signals.push(init?.signal);
          return signals.length === 1 ? fetch(url, init) : new Response("{}");
        },
      });
      await client.getToken();
      const { signal } = new AbortController();
      let made = 0;
      const { AbortController: Controller, setTimeout: start } = globalThis;
      globalThis.AbortController = class extends Controller {
        constructor() {
          super();
          made += 1;
        }
      };
      globalThis.setTimeout = ((...given: Parameters<typeof start>) => {
        made += given[1] === 50 ? 0 : 1; // but for the harness's own
        return start(...given);
      }) as typeof start;
      try {
        await client.fetch("/x", { signal });
      } finally {
        Object.assign(globalThis, { AbortController: Controller, setTimeout: start });
      }
      expect(made).to.equal(0);
      expect(signals.at(-1)).to.equal(signal);
      client.close();
    },
  },
];
