// The Worker of worker/, between callers with an identity of Access and a service that can be told to fail.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { type Sandbox, startSandbox } from "../../sandbox/server.ts";
import { BASE_PATH, KEYS, TOKEN_PATHS } from "../../sandbox/service.ts";
import type { Module } from "../../scripts/workerd.ts";
import { type Access, AUDIENCE, startAccess } from "./access.ts";
import { type Backend, bundleBackend, SECRETS, startBackend } from "./backend.ts";
import { type Middleman, startMiddleman } from "./middleman.ts";
import { vend } from "./sandbox-client.ts";

export const REFERENCE = "X-Correlation-Id";

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly bytes: Buffer;
  readonly body: Record<string, unknown>;
}

/** Checks the members of problem details, and their headers. */
export function assertProblem(
  { status, headers, body }: Answered,
  wanted: number,
  code: string,
): void {
  assert.equal(body["code"], code);
  assert.equal(status, wanted);
  assert.equal(body["status"], wanted);
  assert.equal(headers.get("Content-Type"), "application/problem+json");
  const name = code.toLowerCase().replaceAll("_", "-");
  assert.equal(body["type"], `urn:pay4power-auth:problem:${name}`);
  assert.ok(typeof body["title"] === "string" && typeof body["detail"] === "string");
  assert.match(String(body["correlationId"]), /^[\w.:-]{1,128}$/);
  assert.equal(headers.get(REFERENCE), body["correlationId"]);
}

/** Parses an answer. Returns an empty object if it is no JSON object. */
function objectOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** The servers that a file of tests needs. They start before its first test, and end after its last. */
export class Scene {
  sandbox!: Sandbox;
  middleman!: Middleman;
  access!: Access;
  #modules!: Module[];
  #backend: Backend | undefined;
  #hasTeller = false;
  /** All answers and logs of the Workers, for the last test. */
  readonly seen: string[] = [];
  /** The texts that `seen` must not have, beside the keys and the sandbox's tokens. */
  readonly secrets: string[] = ["sandbox-wrong", "of-the-caller", "secret"];

  /** With `sharesWorker` there is one for all tests, whose callers are those of {@link asTeller}. */
  constructor({ sharesWorker }: { sharesWorker: boolean }) {
    before(async () => {
      this.#modules = await bundleBackend();
      this.sandbox = await startSandbox({ control: true });
      this.middleman = await startMiddleman(this.sandbox.baseUrl.slice(0, -BASE_PATH.length));
      this.access = await startAccess();
      if (sharesWorker) {
        this.#backend = await startBackend(this.#modules, { ...SECRETS, ...this.variables() });
      }
    });
    beforeEach(() => {
      this.sandbox.control.reset();
      this.middleman.sent.length = 0;
      this.middleman.inPlace = undefined;
    });
    after(async () => {
      await this.#backend?.close();
      await Promise.all([this.sandbox.close(), this.middleman.close(), this.access.close()]);
    });
  }

  /** The variables of a Worker. */
  variables() {
    return {
      PAY4POWER_ENVIRONMENT: "TEST",
      PAY4POWER_BASE_URL: this.middleman.origin + BASE_PATH,
      PAY4POWER_TOKEN_URL: this.middleman.origin + BASE_PATH + TOKEN_PATHS[0],
      ACCESS_TEAM_DOMAIN: this.access.teamDomain,
      ACCESS_AUDIENCE: AUDIENCE,
    };
  }

  /** Starts a Worker with these bindings, and ends it after `use`. Returns its log. */
  async withWorker(
    bindings: Record<string, string>,
    use: (backend: Backend) => Promise<void>,
    modules = this.#modules,
  ): Promise<string> {
    const backend = await startBackend(modules, bindings);
    let logs = "";
    try {
      await use(backend);
    } finally {
      logs = await backend.close();
      this.seen.push(logs);
    }
    return logs;
  }

  get backend(): Backend {
    assert.ok(this.#backend);
    return this.#backend;
  }

  async ask(backend: Backend, path: string, init: RequestInit = {}): Promise<Answered> {
    const headers = new Headers(init.headers);
    // workerd resets a connection whose last request it has answered without reading it to its end.
    headers.set("Connection", "close");
    const url = backend.url.origin + path;
    const response = await fetch(url, { redirect: "manual", ...init, headers });
    const { status } = response;
    const bytes = Buffer.from(await response.arrayBuffer());
    const text = bytes.toString();
    this.seen.push(JSON.stringify([...response.headers]), text);
    return { status, headers: response.headers, text, bytes, body: objectOf(text) };
  }

  async assertion() {
    return { "Cf-Access-Jwt-Assertion": await this.access.assertion() };
  }

  async asTeller(path: string, init: RequestInit = {}): Promise<Answered> {
    this.#hasTeller = true;
    const headers = new Headers(init.headers);
    headers.set("Cf-Access-Jwt-Assertion", await this.access.assertion());
    return this.ask(this.backend, path, { ...init, headers });
  }

  pay(reference: string, headers: Record<string, string> = {}): Promise<Answered> {
    return this.asTeller("/vend", {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify(vend(reference)),
    });
  }

  /** Returns the entry of a payment in the service's ledger. */
  ledger(reference: string) {
    return this.sandbox.control.ledger().find((entry) => entry.reference === reference);
  }

  /** Adds the last test of a file. */
  showsNoSecret(): void {
    test("no answer and no log shows a key or a token", async () => {
      const backend = this.#backend;
      this.#backend = undefined;
      const logs = (await backend?.close()) ?? "";
      this.seen.push(logs);
      assert.equal(logs.includes("teller@shop.example"), this.#hasTeller, "the caller is logged");
      const all = this.seen.join("\n");
      assert.ok(all.length > 1_000, "something was answered");
      for (const secret of [...Object.values(KEYS), ...this.secrets]) {
        assert.ok(!all.includes(secret), secret);
      }
      assert.doesNotMatch(all, /eyJ[\w-]*\.eyJ/);
    });
  }
}
