// All that leaves the package while a call runs and ends, and the search of it for secrets.
import type { Client, ClientOptions, TokenStore } from "pay4power-auth";
import {
  type Arrival,
  accepted,
  arrivalsAt,
  jwt,
  type Script,
  scriptedApart,
  type World,
} from "./harness.ts";
import type { AnyOptions } from "./make.ts";
import { ANY_TOKEN, found, type Marked, type Secret } from "./search.ts";
import { copiesOf, shown } from "./shown.ts";

const HOUR_S = 3_600;

/** The secrets of one call. Nothing else has their texts. */
interface Marks {
  readonly privateKey: Marked;
  readonly authorization: Marked;
  /** The token that the service issues first, and the one after it. */
  readonly tokens: readonly [Marked, Marked];
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const random = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(43)), (byte) => LETTERS[byte % 62]).join("");

/** Makes secrets; `middle` is within the key. */
function newMarks(middle: string): Marks {
  const marked = (write: (unique: string) => string): Marked => {
    const unique = random();
    return { text: write(unique), unique };
  };
  const exp = Math.floor(Date.now() / 1_000) + HOUR_S;
  const token = () => marked((unique) => jwt({ exp, id: unique.length }).replace(/[^.]+$/, unique));
  return {
    privateKey: marked((unique) => `PRIV_KEY_${middle}${unique}`),
    authorization: marked((unique) => `Basic ${unique}`),
    tokens: [token(), token()],
  };
}

/** The middle of a key with characters that JSON escapes. */
export const ESCAPED = ["/", JSON.stringify('"'), "+"].join("");

/** A call, to its end. */
export type Ending = (scene: Scene) => Promise<unknown>;

/** One run of a call. What it notes is searched. */
export class Scene {
  readonly world: World;
  readonly privateKey: string;
  readonly authorization: string;
  readonly token: string;
  readonly next: string;
  readonly #marks: Marks;
  /** By where it has left. */
  readonly #left = new Map<string, unknown[]>();
  readonly #tokenUrls: string[] = [];
  readonly #apiUrls: string[] = [];
  readonly #clients: Client[] = [];

  constructor(world: World, middle: string) {
    this.world = world;
    this.#marks = newMarks(middle);
    const { privateKey, authorization, tokens } = this.#marks;
    this.privateKey = privateKey.text;
    this.authorization = authorization.text;
    [this.token, this.next] = [tokens[0].text, tokens[1].text];
  }

  /** Notes what has left. */
  leaves(where: string, ...values: unknown[]): void {
    this.#left.set(where, [...(this.#left.get(where) ?? []), ...values]);
  }

  /** Notes a promise, and what it settles to. Returns that. */
  async ends<Value>(promise: Promise<Value>): Promise<Value | undefined> {
    this.leaves("promise", promise);
    try {
      const value = await promise;
      this.leaves("result", value);
      return value;
    } catch (error) {
      this.leaves("error", error);
      return undefined;
    }
  }

  /** An answer with a token. */
  granted(token = this.token, more: object = {}): Script {
    const expiresAt = Math.floor(Date.now() / 1_000) + HOUR_S;
    const body = JSON.parse(accepted({ token, expiresAt })) as object;
    return { body: JSON.stringify({ ...body, ...more }) };
  }

  /** An address to exchange keys at. */
  async tokenService(script: Script) {
    const service = await scriptedApart(this.world, script);
    this.#tokenUrls.push(service.url);
    return service;
  }

  /** An address for requests with a token. */
  async api(script: Script) {
    const service = await scriptedApart(this.world, script);
    this.#apiUrls.push(service.url);
    return service;
  }

  options({ credentials, ...more }: AnyOptions = {}): ClientOptions {
    const { publicKey, scriptUrl, browser } = this.world;
    const { privateKey, authorization } = this;
    return {
      ...(credentials ? { credentials } : { publicKey, privateKey }),
      authorization,
      baseUrl: scriptUrl,
      retries: 0,
      onEvent: (event: unknown) => this.leaves("event", event),
      ...(browser && { dangerouslyAllowBrowser: true }),
      ...more,
    } as ClientOptions;
  }

  /** A client of a service, which is looked at when the call has ended. */
  async client(script: Script, options: AnyOptions = {}) {
    const service = await this.tokenService(script);
    return this.clientAt(service.url, options);
  }

  clientAt(tokenUrl: string | URL, options: AnyOptions = {}): Client {
    const client = this.world.lib.createClient(this.options({ tokenUrl, ...options }));
    this.#clients.push(client);
    return client;
  }

  /** Makes an exchange both ways: with `authenticate` and with a client. */
  async exchanges(script: Script, options: AnyOptions = {}): Promise<void> {
    const { url: tokenUrl } = await this.tokenService(script);
    const { baseUrl: _, onEvent: __, ...rest } = this.options({ tokenUrl, ...options });
    await this.ends(this.world.lib.authenticate(rest as ClientOptions));
    await this.ends(this.clientAt(options.tokenUrl ?? tokenUrl, options).getToken());
  }

  /** A store that notes what it is given. */
  store(values = new Map<string, string>()): TokenStore {
    return {
      get: async (...given) => {
        this.leaves("store", given);
        return values.get(given[0]) ?? null;
      },
      set: async (...given) => {
        this.leaves("store", given);
        values.set(given[0], given[1]);
      },
      delete: async (...given) => {
        this.leaves("store", given);
        values.delete(given[0]);
      },
    };
  }

  /** Runs a call. Returns the secrets that left it: where, and which. */
  async search(call: Ending): Promise<string[]> {
    const { scriptUrl, otherUrl } = this.world;
    await Promise.all([scriptUrl, otherUrl].map(arrivalsAt));
    await withConsole(
      (given) => this.leaves("console", given),
      async () => {
        await call(this);
        for (const client of this.#clients) {
          this.leaves("client", client, client.state());
          client.close();
          this.leaves("client", client, client.state());
        }
      },
    );
    for (const arrival of await arrivalsAt(scriptUrl)) {
      this.leaves("request", this.#unexpected(arrival));
    }
    this.leaves("request to another host", ...(await arrivalsAt(otherUrl)));
    const { privateKey, authorization, tokens } = this.#marks;
    const secrets: Secret[] = [privateKey, authorization, ...tokens, ANY_TOKEN];
    const places = [...this.#left].map(([where, values]): [string, unknown[]] => {
      const [first] = values.filter((value) => typeof value === "object" && value !== null);
      return [where, [...values, ...(first ? copiesOf(first) : [])]];
    });
    // All at once, because a look takes long: where a secret has left is only asked if one has.
    if (found(shown(places), secrets).length === 0) {
      return [];
    }
    return places.flatMap(([where, values]) =>
      found(shown(values), secrets).map((secret) => `${where}: ${secret}`),
    );
  }

  /** What of a request may hold no secret: all but the keys of an exchange, and the token of another request. */
  #unexpected({ url, headers, body }: Arrival): Arrival {
    const [isExchange, isRequest] = [this.#tokenUrls, this.#apiUrls].map((urls) =>
      urls.some((known) => known.endsWith(url)),
    );
    const { authorization: sent = "", ...rest } = headers;
    if (isExchange && sent === this.authorization) {
      const { privateKey, ...others } = JSON.parse(body) as { privateKey: string };
      return { url, headers: rest, body: JSON.stringify(others) };
    }
    const bearers = [this.token, this.next].map((token) => `Bearer ${token}`);
    return { url, headers: isRequest && bearers.includes(sent) ? rest : headers, body };
  }
}

/** Hands over what is given to any method of the console. */
export async function withConsole(
  print: (given: unknown[]) => void,
  run: () => Promise<void>,
): Promise<void> {
  const methods = console as unknown as Record<string, unknown>;
  const real = { ...methods };
  for (const name of Object.keys(real).filter((it) => typeof real[it] === "function")) {
    methods[name] = (...given: unknown[]) => print(given);
  }
  try {
    await run();
  } finally {
    Object.assign(methods, real);
  }
}
