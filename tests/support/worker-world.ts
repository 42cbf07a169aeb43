// The world of the tests of worker/: the Worker, its callers (Cloudflare Access), and a service that can fail on
// demand.
import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { after, before, beforeEach, test } from "node:test";
import { type Sandbox, startSandbox } from "../../sandbox/server.ts";
import { BASE_PATH, KEYS, TOKEN_PATHS } from "../../sandbox/service.ts";
import type { Module } from "../../scripts/workerd.ts";
import { ANY_TOKEN, type Secret } from "../portable/search.ts";
import { type Access, AUDIENCE, startAccess } from "./access.ts";
import { type Backend, bundleBackend, SECRETS, startBackend } from "./backend.ts";
import { assertNoSecret } from "./leaks.ts";
import { type RecordingProxy, startRecordingProxy } from "./recording-proxy.ts";
import { vend } from "./sandbox-client.ts";

export const CORRELATION_ID = "X-Correlation-Id";

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
  assert.equal(headers.get(CORRELATION_ID), body["correlationId"]);
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

/** The servers that a file of tests needs. They start before its first test, and stop after its last. */
export class WorkerWorld {
  /** The service. */
  sandbox!: Sandbox;
  /** Between the Workers and the service. */
  serviceProxy!: RecordingProxy;
  access!: Access;
  #modules!: Module[];
  #backend: Backend | undefined;
  /** Whether the log of the shared backend must name a caller. */
  #hasAskedWithAccess = false;
  /** All answers and logs of the Workers. The last test searches them for secrets. */
  readonly seen: string[] = [];
  /** The texts that `seen` must not hold, besides the keys and the sandbox's tokens. */
  readonly secrets: Secret[] = ["sandbox-wrong", "of-the-caller", "secret"];

  /** With `sharesBackend`, one Worker answers all tests that do not start their own. */
  constructor({ sharesBackend }: { sharesBackend: boolean }) {
    before(async () => {
      this.#modules = await bundleBackend();
      this.sandbox = await startSandbox({ control: true });
      this.serviceProxy = await startRecordingProxy(
        this.sandbox.baseUrl.slice(0, -BASE_PATH.length),
      );
      this.access = await startAccess();
      if (sharesBackend) {
        this.#backend = await startBackend(this.#modules, this.bindings());
      }
    });
    beforeEach(() => {
      this.sandbox.control.reset();
      this.serviceProxy.sent.length = 0;
      this.serviceProxy.override = undefined;
    });
    after(async () => {
      await this.#backend?.close();
      await Promise.all([this.sandbox.close(), this.serviceProxy.close(), this.access.close()]);
    });
  }

  /** Returns the secrets and the variables of a Worker, with these changes. */
  bindings(changes: Record<string, string> = {}): Record<string, string> {
    return {
      ...SECRETS,
      PAY4POWER_ENVIRONMENT: "TEST",
      PAY4POWER_BASE_URL: this.serviceProxy.origin + BASE_PATH,
      PAY4POWER_TOKEN_URL: this.serviceProxy.origin + BASE_PATH + TOKEN_PATHS[0],
      ACCESS_TEAM_DOMAIN: this.access.teamDomain,
      ACCESS_AUDIENCE: AUDIENCE,
      ...changes,
    };
  }

  /** Starts a Worker with these bindings, and stops it after `use`. Returns its log. */
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

  /** The Worker that the tests of a file share. */
  get backend(): Backend {
    assert.ok(this.#backend);
    return this.#backend;
  }

  /** Sends a request as a caller without an identity. */
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

  /** Returns the header by which Access vouches for a caller. */
  async assertion() {
    return { "Cf-Access-Jwt-Assertion": await this.access.assertion() };
  }

  /** Sends a request as a caller whom Access has identified. */
  async askWithAccess(
    path: string,
    init: RequestInit = {},
    backend = this.backend,
  ): Promise<Answered> {
    this.#hasAskedWithAccess ||= backend === this.#backend;
    const headers = new Headers(init.headers);
    headers.set("Cf-Access-Jwt-Assertion", await this.access.assertion());
    return this.ask(backend, path, { ...init, headers });
  }

  /** Sends a payment as a caller whom Access has identified. */
  pay(
    reference: string,
    headers: Record<string, string> = {},
    backend = this.backend,
  ): Promise<Answered> {
    const init = {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify(vend(reference)),
    };
    return this.askWithAccess("/vend", init, backend);
  }

  /** Returns the entry of a payment in the service's ledger. */
  ledger(reference: string) {
    return this.sandbox.control.ledger().find((entry) => entry.reference === reference);
  }

  /** Makes the service answer payments by `answer`, until the test ends. Other requests reach the sandbox. */
  answerPayments(answer: (response: ServerResponse) => void): void {
    this.serviceProxy.override = ({ path }, response) => {
      if (!path.includes("/vend")) {
        return false;
      }
      answer(response);
      return true;
    };
  }

  /** Adds the last test of a file. It stops the shared backend. */
  testNoSecretIsShown(): void {
    test("no answer and no log shows a key or a token", async () => {
      const backend = this.#backend;
      this.#backend = undefined;
      const logs = (await backend?.close()) ?? "";
      this.seen.push(logs);
      assert.equal(
        logs.includes("teller@shop.example"),
        this.#hasAskedWithAccess,
        "the caller is logged",
      );
      const all = this.seen.join("\n");
      assert.ok(all.length > 1_000, "something was answered");
      assertNoSecret(all, [...Object.values(KEYS), ...this.secrets, ANY_TOKEN]);
    });
  }
}
