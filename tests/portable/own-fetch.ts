// A `fetch` of the caller's own that keeps to no rule: what it returns, when, and how often.
import { expect } from "chai";
import type { AuthError } from "pay4power-auth";
import { accepted, type Case, type Script, scripted, type World } from "./harness.ts";
import { clientOf, eventually, failure, good, withTimersHeld } from "./make.ts";

const HOUR: Script = { lifetimeS: 3_600 };

type OwnFetch = () => unknown;

const tokenAnswer = () =>
  new Response(accepted({ token: "opaque-token", expiresAt: 4_102_444_800 }));
const fine = () => new Response("fine");

class OwnResponse extends Response {}

/** Workers before 2024-09-26 lack tags. There the core knows a class by its name only, and takes no subclass. */
const HAS_TAGS = Symbol.toStringTag in Response.prototype;

/** What answers like a promise, and calls back as `run` does. */
// biome-ignore lint/suspicious/noThenProperty: it is what the test is about
const thenable = (run: (...given: ((value: unknown) => void)[]) => void) => ({ then: run });

/** Ways to answer with `answer` that are none of the platform's. */
const answering: Record<string, (answer: () => Response) => unknown> = {
  "no promise": (answer) => answer(),
  "a thenable": (answer) => thenable((resolve) => resolve?.(answer())),
  "a thenable of a thenable": (answer) =>
    thenable((resolve) => resolve?.(thenable((inner) => inner?.(answer())))),
  "a thenable that settles three times": (answer) =>
    thenable((resolve, reject) => {
      resolve?.(answer());
      resolve?.(new Response(null, { status: 500 }));
      reject?.(new Error("too late"));
    }),
  "a thenable that throws when it has settled": (answer) =>
    thenable((resolve) => {
      resolve?.(answer());
      throw new Error("too late");
    }),
  "a subclass": async (answer) => {
    const { body, status } = answer();
    return new OwnResponse(body, { status });
  },
};

const thrown = new RangeError("of the caller's own");
const throws = () => {
  throw thrown;
};

/** Ways to fail with `thrown`. */
const failing: Record<string, OwnFetch> = {
  "throws at once": throws,
  rejects: () => Promise.reject(thrown),
  "a thenable that rejects": () => thenable((_, reject) => reject?.(thrown)),
  "a thenable that throws": () => thenable(throws),
  // biome-ignore lint/suspicious/noThenProperty: it is what the test is about
  "a getter of `then` that throws": () => Object.defineProperty({}, "then", { get: throws }),
};

/** A client with a token, whose requests are answered by `answer`, and how often it was asked. */
function paying(world: World, answer: OwnFetch, options: { requestTimeoutMs?: number } = {}) {
  const service = scripted(world, HOUR);
  let sent = 0;
  const { client } = clientOf(world, HOUR, {
    tokenUrl: service.url,
    baseUrl: world.scriptUrl,
    fetch(url, init) {
      if (url === service.url) {
        return fetch(url, init);
      }
      sent += 1;
      return answer() as Promise<Response>;
    },
    ...options,
  });
  const pay = (init: RequestInit = {}) =>
    client.fetch("/pay", { method: "POST", body: "pay", ...init });
  return { client, pay, sent: () => sent, exchanges: async () => (await service.calls()).length };
}

/** A body that says when it was cancelled. */
function watchedBody() {
  let cancelled = 0;
  const stream = new ReadableStream({
    cancel() {
      cancelled += 1;
    },
  });
  return { stream, cancelled: () => cancelled };
}

export const ownFetchCases: Case[] = [
  {
    name: "an answer is an answer, however a fetch gives it",
    async run(world) {
      for (const [name, give] of Object.entries(answering)) {
        if (name !== "a subclass" || HAS_TAGS) {
          const exchange = () => give(tokenAnswer) as Promise<Response>;
          const token = await world.lib.authenticate({ ...good(world), fetch: exchange });
          expect(token.value, name).to.equal("opaque-token");
        }

        let answered = 0;
        const { client, pay, sent } = paying(world, () =>
          give(() => (answered++ === 0 ? new Response(null, { status: 401 }) : fine())),
        );
        expect(await (await pay()).text(), name).to.equal("fine");
        expect(sent(), name).to.equal(2);
        client.close();
      }
    },
  },
  {
    name: "a fetch that fails is called once for each attempt, and a payment fails with its own error",
    async run(world) {
      for (const [name, fail] of Object.entries(failing)) {
        let calls = 0;
        const exchange = () => {
          calls += 1;
          return fail() as Promise<Response>;
        };
        const given = { ...good(world), retries: 1, fetch: exchange };
        const error = await failure(world.lib.authenticate(given));
        expect(error, name).to.include({ code: "P4P_NETWORK", cause: thrown });
        expect(calls, name).to.equal(2);

        const { client, pay, sent } = paying(world, fail);
        expect(await failure(pay()), name).to.equal(thrown);
        expect(sent(), name).to.equal(1);
        client.close();
      }
    },
  },
  {
    name: "what is no Response is an exchange's bad answer, after one attempt, and passes to the caller of client.fetch",
    async run(world) {
      for (const value of [undefined, null, 5, "text", {}, [], () => "text", Symbol("text")]) {
        for (const give of [() => value, async () => value]) {
          let calls = 0;
          const exchange = () => {
            calls += 1;
            return give() as Promise<Response>;
          };
          const error = await failure(world.lib.authenticate({ ...good(world), fetch: exchange }));
          expect(error, String(value)).to.include({ code: "P4P_BAD_RESPONSE", retryable: false });
          expect(error.message).to.include("`fetch`");
          expect(calls).to.equal(1);

          const { client, pay, sent } = paying(world, give);
          expect(await pay()).to.equal(value);
          expect(sent()).to.equal(1);
          client.close();
        }
      }
    },
  },
  {
    name: "a fetch that never settles is given up in time, its signal is aborted, and the next attempt works",
    async run(world) {
      const timeoutMs = 7_654;
      const signals: AbortSignal[] = [];
      const exchange = (_: string, { signal }: RequestInit) => {
        signals.push(signal as AbortSignal);
        return signals.length === 1 ? new Promise<never>(() => {}) : Promise.resolve(tokenAnswer());
      };
      await withTimersHeld(timeoutMs, async ({ ring, running }) => {
        const asked = world.lib.authenticate({ ...good(world), timeoutMs, fetch: exchange });
        await eventually(() => signals.length === 1 && running() > 0);
        ring();
        expect((await asked).value).to.equal("opaque-token");
      });
      expect(signals.map(({ aborted }) => aborted)).to.deep.equal([true, false]);

      const requestTimeoutMs = 6_543;
      const { client, pay, sent } = paying(world, () => new Promise(() => {}), {
        requestTimeoutMs,
      });
      await client.getToken();
      await withTimersHeld(requestTimeoutMs, async ({ ring }) => {
        const left = failure(pay());
        await eventually(() => sent() === 1);
        ring();
        expect((await left).name).to.equal("TimeoutError");
      });
      expect((await client.getToken()).isExpired()).to.equal(false);
      expect(sent()).to.equal(1);
      client.close();
    },
  },
  {
    name: "an answer that comes after its abort is nobody's, and no later call gets it",
    async run(world) {
      const late: ((answer: Response) => void)[] = [];
      let calls = 0;
      const exchange = () => {
        calls += 1;
        return new Promise<Response>((resolve) => late.push(resolve));
      };
      const controller = new AbortController();
      const { signal } = controller;
      const left = failure(world.lib.authenticate({ ...good(world), signal, fetch: exchange }));
      await eventually(() => calls === 1);
      const reason = new RangeError("left");
      controller.abort(reason);
      expect(await left).to.equal(reason);
      const next = world.lib.authenticate({ ...good(world), fetch: exchange });
      await eventually(() => calls === 2);
      const other = accepted({ token: "of-nobody", expiresAt: 4_102_444_800 });
      late[0]?.(new Response(other));
      late[1]?.(tokenAnswer());
      expect((await next).value).to.equal("opaque-token");

      for (const status of [200, 401]) {
        const answers: ((answer: Response) => void)[] = [];
        const { client, pay, sent, exchanges } = paying(
          world,
          () => new Promise((resolve) => answers.push(resolve)),
          { requestTimeoutMs: 600_000 },
        );
        await client.getToken();
        const payer = new AbortController();
        const gone = failure(pay({ signal: payer.signal }));
        await eventually(() => sent() === 1);
        payer.abort(reason);
        expect(await gone).to.equal(reason);
        answers[0]?.(new Response(null, { status }));
        await client.getToken();
        const again = pay();
        await eventually(() => sent() >= 2);
        for (const give of answers) {
          give(fine());
        }
        expect(await (await again).text()).to.equal("fine");
        expect(sent(), String(status)).to.equal(2);
        expect(await exchanges()).to.be.below(3);
        client.close();
      }
    },
  },
  {
    name: "a Response that is given again and again is used once, and is an error the second time",
    async run(world) {
      const once = tokenAnswer();
      const given = { ...good(world), retries: 1, fetch: async () => once };
      await world.lib.authenticate(given);
      const error = await failure(world.lib.authenticate(given));
      expect(error.code).to.be.oneOf(["P4P_NETWORK", "P4P_BAD_RESPONSE"]);

      const refused = new Response("no", { status: 503 });
      const busy = { ...given, fetch: async () => refused };
      expect((await failure(world.lib.authenticate(busy))).retryable).to.equal(true);

      const rejected = new Response("no", { status: 401 });
      const { client, pay, sent, exchanges } = paying(world, () => rejected);
      expect(await pay()).to.equal(rejected);
      expect(sent()).to.equal(2);
      expect(await exchanges()).to.equal(2);
      client.close();
    },
  },
  {
    name: "the body of a 401 that is replaced may have any methods: the payment is made",
    async run(world) {
      const { stream, cancelled } = watchedBody();
      const bodies: unknown[] = [
        stream,
        { cancel() {} },
        { cancel: throws },
        { cancel: async () => throws() },
        { cancel: "soon", destroy: 5 },
        { destroy: throws },
        Object.defineProperty({}, "cancel", { get: throws }),
        "text",
        5,
      ];
      for (const body of bodies) {
        const refused = { status: 401, ok: false, headers: new Headers(), body };
        const answers: unknown[] = [refused, fine()];
        const { client, pay, sent } = paying(world, () => answers.shift());
        expect((await pay()).status, String(bodies.indexOf(body))).to.equal(200);
        expect(sent()).to.equal(2);
        client.close();
      }
      expect(cancelled()).to.equal(1);
    },
  },
  {
    name: "a fetch that changes what it was given changes no later request",
    async run(world) {
      const names: Record<"exchanges" | "payments", string[][]> = { exchanges: [], payments: [] };
      const service = scripted(world, { inTurn: [{ status: 503 }, HOUR] });
      const answers = [new Response(null, { status: 401 }), fine(), fine()];
      const { client } = clientOf(world, HOUR, {
        tokenUrl: service.url,
        baseUrl: world.scriptUrl,
        async fetch(url, init = {}) {
          const isExchange = url === service.url;
          const headers = init.headers as Headers;
          names[isExchange ? "exchanges" : "payments"].push([...headers.keys()].sort());
          const answer = isExchange ? await fetch(url, { ...init }) : answers.shift();
          for (const name of [...headers.keys()]) {
            headers.delete(name);
          }
          headers.set("x-spoilt", "1");
          for (const name of Object.keys(init)) {
            delete (init as Record<string, unknown>)[name];
          }
          return answer as Response;
        },
      });
      const headers = { "X-Own": "1" };
      for (let times = 0; times < 2; times++) {
        const answer = await client.fetch("/pay", { method: "POST", body: "pay", headers });
        expect(await answer.text()).to.equal("fine");
      }
      const [first, ...later] = names.exchanges;
      expect(later).to.deep.equal([first, first]);
      const sent = ["authorization", "x-own"];
      expect(names.payments).to.deep.equal([sent, sent, sent]);
      client.close();
    },
  },
  {
    name: "client.fetch rejects with an AuthError only if nothing was sent, whatever its fetch throws",
    async run(world) {
      const { lib } = world;
      const { client, pay, sent } = paying(world, throws);
      const codes: unknown[] = [];
      for (const call of [
        () => client.fetch("https://pay4power.example/"),
        () => client.fetch("/pay", { signal: { aborted: false } as AbortSignal }),
        () => client.fetch(undefined as unknown as string),
      ]) {
        const error: AuthError = await failure(call());
        expect(lib.isAuthError(error), String(error)).to.equal(true);
        codes.push(error.code);
      }
      expect(new Set(codes)).to.deep.equal(
        new Set(["P4P_FORBIDDEN_ORIGIN", "P4P_INVALID_OPTIONS"]),
      );
      expect(sent()).to.equal(0);
      expect(lib.isAuthError(await failure(pay()))).to.equal(false);
      // The token is at hand now, and a signal that is none is named all the same.
      const signal = { aborted: false } as AbortSignal;
      expect((await failure(pay({ signal }))).message).to.include("`signal`");
      expect(sent()).to.equal(1);
      client.close();
    },
  },
];
