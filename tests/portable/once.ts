// What a runtime would send again by itself, and is kept from.
import { expect } from "chai";
import { type Case, type Script, scripted } from "./harness.ts";
import { clientOf, failsAfterStream, failure, good, leaveConnections } from "./make.ts";

const HOUR: Script = { lifetimeS: 3_600 };
const METHODS = ["POST", "PUT", "PATCH", "DELETE"];

type Fetch = typeof fetch;
type Make = (url: string, method: string) => Parameters<Fetch>;

const form = () => {
  const made = new FormData();
  made.set("pay", "once");
  return made;
};

/** Requests with every kind of body, and what arrives of it. */
const requests: Record<string, { make: Make; arrives: string }> = {
  "no body": { make: (url, method) => [url, { method }], arrives: "" },
  text: {
    make: (url, method) => [url, { method, body: "påy" }],
    arrives: "påy",
  },
  bytes: {
    make: (url, method) => [url, { method, body: new TextEncoder().encode("pay") }],
    arrives: "pay",
  },
  "a Blob": {
    make: (url, method) => [url, { method, body: new Blob(["pay"], { type: "x/y" }) }],
    arrives: "pay",
  },
  "URL parameters": {
    make: (url, method) => [url, { method, body: new URLSearchParams({ pay: "once" }) }],
    arrives: "pay=once",
  },
  "a form": {
    make: (url, method) => [url, { method, body: form() }],
    arrives: "once",
  },
  "a stream": {
    make: (url, method) => [
      url,
      { method, body: new Response("pay").body, duplex: "half" } as RequestInit,
    ],
    arrives: "pay",
  },
  "a Request": {
    make: (url, method) => [new Request(url, { method, body: "pay" })],
    arrives: "pay",
  },
  "a Request whose body is empty": {
    make: (url, method) => [new Request(url, { method, body: "" })],
    arrives: "",
  },
  "an empty stream": {
    make: (url, method) => [
      url,
      { method, body: new Blob([]).stream(), duplex: "half" } as RequestInit,
    ],
    arrives: "",
  },
  "a Request without a body": {
    make: (url, method) => [new Request(url, { method })],
    arrives: "",
  },
  "a Request beside an init": {
    make: (url, method) => [new Request(url, { method: "POST" }), { method, body: "pay" }],
    arrives: "pay",
  },
};

const typeOf = (call: { headers: Record<string, string> } | undefined) =>
  call?.headers["content-type"]?.replace(/boundary=.*/, "");

const wrapped: Fetch = (input, init) => fetch(input, init);

export const onceCases: Case[] = [
  {
    name: "a request that is answered with a 421 was sent once, whatever its method and body",
    async run(world) {
      if (world.browser) {
        return; // Chromium sends it again, and nothing keeps it from that
      }
      const { client } = clientOf(world, HOUR, { baseUrl: world.scriptUrl });
      await client.getToken();
      const tried = METHODS.flatMap((method) =>
        Object.entries(requests).map(async ([name, { make, arrives }]) => {
          if (failsAfterStream() && /stream|Request/.test(name)) {
            return; // as README says: nothing keeps this undici from it
          }
          const api = scripted(world, { status: 421, body: "no" });
          const plain = scripted(world, { status: 421, body: "no" });
          const answered = client.fetch(...make(api.url, method));
          if (failsAfterStream()) {
            expect(await failure(answered), `${method}, ${name}`).to.be.instanceOf(TypeError);
          } else {
            expect((await answered).status, `${method}, ${name}`).to.equal(421);
          }
          const calls = await api.calls();
          expect(calls, `${method}, ${name}`).to.have.length(1);
          expect(calls[0]?.method).to.equal(method);
          expect(calls[0]?.body, `${method}, ${name}`).to.include(arrives);
          await fetch(...make(plain.url, method));
          const [asPlatform] = await plain.calls();
          expect(typeOf(calls[0]), `${method}, ${name}`).to.equal(typeOf(asPlatform));
        }),
      );
      await Promise.all(tried);
      client.close();
    },
  },
  {
    name: "a request whose connection is reused and breaks was sent once",
    async run(world) {
      if (world.browser) {
        return; // Chromium sends it again, and nothing keeps it from that
      }
      for (const options of [{}, { fetch: wrapped }]) {
        const { client } = clientOf(world, HOUR, { baseUrl: world.scriptUrl, ...options });
        await client.getToken();
        for (const method of METHODS) {
          for (const [name, { make }] of Object.entries(requests)) {
            await leaveConnections(world, globalThis.fetch);
            const api = scripted(world, { fault: "reset", keepsConnection: true });
            const error = await failure(client.fetch(...make(api.url, method)));
            expect(world.lib.isAuthError(error), `${method}, ${name}`).to.equal(false);
            expect(await api.calls(), `${method}, ${name}`).to.have.length(1);
          }
        }
        client.close();
      }
    },
  },
  {
    name: "keys are sent once for each attempt, whatever the runtime repeats",
    async run(world) {
      for (const fetch of [undefined, wrapped]) {
        const refused = scripted(world, { status: 421, keepsConnection: true });
        const broken = scripted(world, { fault: "reset", keepsConnection: true });
        const exchange = (tokenUrl: string) =>
          failure(world.lib.authenticate({ ...good(world), tokenUrl, fetch, retries: 0 }));
        await leaveConnections(world, globalThis.fetch);
        if (!fetch && !world.browser) {
          const code = failsAfterStream() ? "P4P_NETWORK" : "P4P_BAD_RESPONSE";
          expect((await exchange(refused.url)).code).to.equal(code);
          const calls = await refused.calls();
          expect(calls).to.have.length(1);
          expect(calls[0]?.headers["content-type"]).to.equal("application/json");
          expect(JSON.parse(calls[0]?.body ?? "")).to.have.property("privateKey", world.privateKey);
        }
        if (!world.browser) {
          expect((await exchange(broken.url)).code).to.equal("P4P_NETWORK");
          expect(await broken.calls()).to.have.length(1);
        }
      }
    },
  },
  {
    name: "a body that is known is sent with its length",
    async run(world) {
      const { client } = clientOf(world, HOUR, { baseUrl: world.scriptUrl });
      for (const [body, length] of [
        ["påy", "4"],
        [new Uint8Array(70_000), "70000"],
        [new Blob(["pay"]), "3"],
        [new URLSearchParams({ pay: "once" }), "8"],
        ["", "0"],
      ] as const) {
        const api = scripted(world, { body: "{}" });
        await client.fetch(api.url, { method: "POST", body });
        const { headers } = (await api.calls())[0] ?? {};
        expect(headers?.["content-length"]).to.equal(length);
        expect(headers).not.to.have.property("transfer-encoding");
      }
      client.close();
    },
  },
];
