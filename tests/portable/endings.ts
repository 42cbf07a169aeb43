// Every way in which a call can end, with marked secrets: nothing that leaves the package holds one of them.
import { expect } from "chai";
import type { Client, Token, TokenStore } from "pay4power-auth";
import { carriers } from "./carriers.ts";
import type { Case, Script } from "./harness.ts";
import { type Ending, ESCAPED, Scene } from "./leaving.ts";
import { arrived } from "./make.ts";
import { CLOSE, head, lengthOf, RESET } from "./wire.ts";

/** All secrets of an exchange, where an answer can have them. */
function naming({ privateKey, authorization, token }: Scene, data: object | null = { token }) {
  const all = `${privateKey} ${authorization} ${token}`;
  const errors = [
    all,
    { [token]: { field: JSON.stringify({ privateKey, authorization, token }) } },
  ];
  return { message: all, errors, correlationId: privateKey, data };
}

const headersOf = ({ privateKey, authorization, token }: Scene) => ({
  "X-Debug": `${privateKey} ${authorization} ${token}`,
  "X-Correlation-Id": token,
  "WWW-Authenticate": `Bearer error="${token}"`,
  "Retry-After": privateKey,
});

/** An answer that refuses, and tells all secrets in its headers and its body. */
function refusal(scene: Scene, status: number): Script {
  const body = { success: false, statusCode: status, ...naming(scene) };
  return { status, headers: headersOf(scene), body: JSON.stringify(body) };
}

const STATUSES = [400, 401, 403, 429, 500];

const refused = Object.fromEntries(
  STATUSES.map((status): [string, Ending] => [
    `a ${status} that tells the secrets`,
    (scene) => scene.exchanges(refusal(scene, status)),
  ]),
);

const ended: Record<string, Ending> = {
  "a token": (scene) => scene.exchanges(scene.granted()),
  "a token, with all secrets in the rest of the answer": (scene) => {
    const { data: _, ...rest } = naming(scene);
    return scene.exchanges({ ...scene.granted(scene.token, rest), headers: headersOf(scene) });
  },
  "a token that has ended": (scene) => {
    const body = { success: true, ...naming(scene, { token: scene.token, expiresAt: 1 }) };
    return scene.exchanges({ body: JSON.stringify(body) });
  },
  "a token that no header can hold": (scene) => scene.exchanges(scene.granted(`${scene.token}\n`)),
  "a token from a store": async (scene) => {
    const values = new Map<string, string>();
    const service = await scene.tokenService(scene.granted());
    for (const _ of [1, 2]) {
      const client = scene.clientAt(service.url, { store: scene.store(values) });
      const token = (await scene.ends(client.getToken())) as Token;
      expect(token.value).to.equal(scene.token);
    }
    expect(await service.calls()).to.have.length(1);
  },
  "no JSON": (scene) =>
    scene.exchanges({ ...refusal(scene, 200), body: `<p>${naming(scene).message}</p>` }),
  "half an answer": async (scene) => {
    const { body = "" } = refusal(scene, 400);
    await scene.exchanges({ status: 400, body: body.slice(0, -9) });
    const cut = body.slice(0, -9);
    for (const end of [CLOSE, RESET]) {
      await scene.exchanges({ wire: [head("200 OK", lengthOf(body)), cut, end] });
    }
  },
  "no HTTP": async (scene) => {
    const { message } = naming(scene);
    await scene.exchanges({ wire: [`${message}\r\n\r\n`, CLOSE] });
    await scene.exchanges({ wire: [head(`401 ${message}`, `X-Debug: ${message}`), CLOSE] });
  },
  "a redirect to another host": async (scene) => {
    for (const status of [302, 307]) {
      const query = new URLSearchParams({ key: scene.privateKey, token: scene.token });
      const Location = `${scene.world.otherUrl}/answer/other?${query}`;
      await scene.exchanges({ status, headers: { ...headersOf(scene), Location } });
    }
  },
  "no connection": (scene) => scene.exchanges({}, { tokenUrl: "http://127.0.0.1:9/token" }),
  "a connection that breaks": async (scene) => {
    await scene.exchanges({ fault: "reset" }, { retries: 1 });
    await scene.exchanges({ fault: "break" });
  },
  "no answer in time": (scene) => scene.exchanges({ fault: "silent" }, { timeoutMs: 50 }),
  "the caller leaves, with a reason of its own": async (scene) => {
    const service = await scene.tokenService({ ...scene.granted(), held: true });
    const reason = Object.assign(new Error(scene.privateKey), { request: scene.token });
    const leaving = new AbortController();
    const client = scene.clientAt(service.url);
    const { signal } = leaving;
    const options = scene.options({ tokenUrl: service.url });
    const calls = [
      client.getToken({ signal }),
      scene.world.lib.authenticate({ ...options, signal }),
    ];
    await arrived(service, 2);
    leaving.abort(reason);
    for (const call of calls) {
      // The reason is the caller's own: it comes back as it is.
      expect(await call.catch((thrown: unknown) => thrown)).to.equal(reason);
    }
    await service.release();
    await scene.ends(client.getToken({ signal: AbortSignal.timeout(5_000) }));
  },
  "the client is closed": async (scene) => {
    const service = await scene.tokenService({ ...scene.granted(), held: true });
    const client = scene.clientAt(service.url);
    const waits = scene.ends(client.getToken());
    await arrived(service);
    client.close();
    await waits;
    await scene.ends(client.getToken());
    await service.release();
  },
  "the token is dropped, and the next exchange fails": async (scene) => {
    const client = await scene.client({ inTurn: [scene.granted(), refusal(scene, 400)] });
    const token = (await scene.ends(client.getToken())) as Token;
    client.invalidate(token);
    await scene.ends(client.getToken());
    await scene.ends(client.getToken());
    client.reset();
  },
  "a 401, and a replay": async (scene) => {
    const { token, next } = scene;
    const client = await scene.client({ inTurn: [scene.granted(token), scene.granted(next)] });
    const api = await scene.api({ inTurn: [refusal(scene, 401), { body: "fine" }] });
    const answer = (await scene.ends(
      client.fetch(api.url, { headers: { "X-Own": "1" } }),
    )) as Response;
    expect(await answer.text()).to.equal("fine");
    expect((await api.calls()).map(({ headers }) => headers["authorization"])).to.deep.equal([
      `Bearer ${token}`,
      `Bearer ${next}`,
    ]);
  },
  "a 401, and no other token": async (scene) => {
    const client = await scene.client({ inTurn: [scene.granted(), refusal(scene, 429)] });
    const api = await scene.api({ status: 401, body: "no" });
    await scene.ends(client.fetch(api.url));
    await scene.ends(client.fetch(api.url, { method: "POST", body: "pay" }));
  },
  "a request to another host, and to no address": async (scene) => {
    const client = await scene.client(scene.granted());
    await scene.ends(client.getToken());
    const { otherUrl } = scene.world;
    for (const address of [`${otherUrl}/answer/x`, "http://[", "data:,a"]) {
      await scene.ends(client.fetch(address));
    }
  },
  "`credentials` that throws": async (scene) => {
    // Of its error the name and the code are shown.
    const kept = Object.entries(carriers).filter(([name]) => !/code|name of|else/.test(name));
    for (const [index, [, carrier]] of kept.entries()) {
      const thrown = carrier(scene.privateKey);
      const credentials = () => (index % 2 === 0 ? throws(thrown) : Promise.reject(thrown));
      const client = await scene.client(scene.granted(), { credentials });
      await scene.ends(client.getToken());
    }
  },
  "`credentials` that returns no keys": async (scene) => {
    const { privateKey } = scene;
    for (const keys of [privateKey, [privateKey], { privateKey }, { publicKey: [privateKey] }]) {
      const client = await scene.client(scene.granted(), { credentials: () => keys as never });
      await scene.ends(client.getToken());
    }
  },
  "a store that throws": async (scene) => {
    for (const carry of eachCarrier(scene)) {
      const fails = () => Promise.reject(carry());
      const store: TokenStore = { get: fails, set: fails, delete: fails };
      await buysTwice(scene, await scene.client(scene.granted(), { store }));
    }
  },
  "a store that answers with another text": async (scene) => {
    const { token, privateKey } = scene;
    const sealed = btoa(`\u0001${token}${privateKey.replaceAll(/[^\w]/g, "")}`);
    for (const text of [
      token,
      JSON.stringify({ token, expiresAt: 9e12 }),
      sealed,
      [token],
      { token },
    ]) {
      const store = { ...scene.store(), get: async () => text as string };
      await buysTwice(scene, await scene.client(scene.granted(), { store }));
    }
  },
  "a listener that throws": async (scene) => {
    const carrier = () => new Error(scene.privateKey, { cause: scene.token });
    for (const listen of [() => throws(carrier()), () => Promise.reject(carrier())]) {
      const onEvent = (event: unknown) => {
        scene.leaves("event", event);
        return listen();
      };
      await buysTwice(scene, await scene.client(scene.granted(), { onEvent }));
    }
    const client = await scene.client(scene.granted());
    await scene.ends(client.getToken({ waitUntil: () => throws(carrier()) }));
  },
  "a `fetch` of the caller's that throws": async (scene) => {
    for (const carry of eachCarrier(scene)) {
      let asked = 0;
      const fetch = async () => {
        asked += 1;
        if (asked > 1) {
          throw carry();
        }
        return new Response(scene.granted().body);
      };
      await buysTwice(scene, await scene.client({}, { fetch }));
      expect(asked).to.equal(2);
    }
  },
  "a wrong argument": async (scene) => {
    const { lib } = scene.world;
    const client = await scene.client(scene.granted());
    const token = (await scene.ends(client.getToken())) as Token;
    const wrong = [scene.privateKey, scene.token] as never[];
    for (const text of wrong) {
      await tries(scene, () => lib.decodeClaims(`${scene.token}.${text}` as never));
      await tries(scene, () => token.isExpired(text));
      await tries(scene, () => token.isExpired({ nowMs: text }));
      await tries(scene, () => token.isExpired({ leewayMs: text }));
      await tries(scene, () => client.getToken({ signal: text }));
      await tries(scene, () => client.getToken({ waitUntil: text }));
      await tries(scene, () => client.invalidate(text));
      await tries(scene, () => lib.createClient(text));
      await tries(scene, () => lib.authenticate(text));
    }
  },
  "a secret in place of another option": async (scene) => {
    const { privateKey, authorization, token } = scene;
    const names = [
      "publicKey",
      "environment",
      "timeoutMs",
      "retries",
      "deadlineMs",
      "refreshAhead",
    ];
    const objects = ["requestTimeoutMs", "store", "fetch", "onEvent", "credentials", "signal"];
    const all = [...names, ...objects, "tokenUrl", "baseUrl", privateKey, "other"];
    const values = [`${privateKey}\n`, [privateKey], { [privateKey]: authorization }, token];
    for (const [index, name] of all.entries()) {
      await triesOptions(scene, { [name]: values[index % values.length] });
      await triesOptions(scene, { [name]: values[(index + 1) % values.length] });
    }
    for (const wrong of [[privateKey], { privateKey }, `${privateKey}\n`, Symbol(privateKey)]) {
      await triesOptions(scene, { privateKey: wrong });
      await triesOptions(scene, { authorization: wrong });
    }
    await triesOptions(scene, { publicKey: privateKey, privateKey: scene.world.publicKey });
  },
};

/** Of keys that an address holds as they are: another form of a key is not redacted (SECURITY.md). */
const addresses: Record<string, Ending> = {
  "a key in an address": async (scene) => {
    const { privateKey } = scene;
    for (const address of [
      privateKey,
      `https://user:${privateKey}@pay4power.example/`,
      `https://${privateKey}.example/`,
      `http://pay4power.example/${privateKey}`,
      `ftp://pay4power.example/${privateKey}`,
      `https://[${privateKey}`,
      `https://pay4power.example/${privateKey}?${privateKey}#${privateKey}`,
    ]) {
      await triesOptions(scene, { tokenUrl: address });
      await triesOptions(scene, { baseUrl: address });
    }
  },
};

/** Makes what carries a secret, in each way: the secrets take turns. */
function eachCarrier({ privateKey, authorization, token }: Scene): (() => unknown)[] {
  const secrets = [privateKey, token, authorization] as const;
  return Object.values(carriers).map(
    (carrier, index) => () => carrier(secrets[index % secrets.length] ?? token),
  );
}

function throws(thrown: unknown): never {
  throw thrown;
}

/** Buys a token, drops it, and buys another one. */
async function buysTwice(scene: Scene, client: Client): Promise<void> {
  const token = (await scene.ends(client.getToken())) as Token;
  client.invalidate(token);
  await scene.ends(client.getToken());
}

/** Runs what may throw at once, or reject. */
const tries = (scene: Scene, run: () => unknown) => scene.ends((async () => run())());

async function triesOptions(scene: Scene, changes: Record<string, unknown>): Promise<void> {
  const tokenUrl = "https://pay4power.example/token";
  const fetch = () => Promise.reject(new Error("no host is asked"));
  const options = { ...scene.options({ tokenUrl, fetch }), ...changes };
  await tries(scene, () => scene.world.lib.createClient(options).close());
  await tries(scene, () => scene.world.lib.authenticate(options));
}

const endingCase = (name: string, ending: Ending, middle: string): Case => ({
  name: `no secret leaves a call that ends so: ${name}`,
  async run(world) {
    const leaks = await new Scene(world, middle).search(ending);
    expect(leaks, leaks.join("; ")).to.deep.equal([]);
  },
});

export const endingCases: Case[] = [
  ...Object.entries({ ...refused, ...ended }).map(([name, ending]) =>
    endingCase(name, ending, ESCAPED),
  ),
  ...Object.entries(addresses).map(([name, ending]) => endingCase(name, ending, "")),
];
