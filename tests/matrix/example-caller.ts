// A caller of an example: it pays, and looks payments up.
import assert from "node:assert/strict";
import { leaks } from "../support/leaks.ts";
import type { Program } from "./program.ts";

const ORDER = { providerCode: "SANDBOX_POWER", customerId: "1", amount: 100 };

/** How a request differs from the usual one. */
export interface How {
  readonly token?: string;
  readonly reference?: string;
  readonly order?: string;
}

export class Caller {
  readonly #program: Program;
  readonly #path: string;
  readonly #token: string;

  constructor(program: Program, path: string, token: string) {
    this.#program = program;
    this.#path = path;
    this.#token = token;
  }

  origin(): string {
    return this.#program.origin;
  }

  /** Stops the example. */
  stop(): Promise<void> {
    return this.#program.stop();
  }

  output(): string {
    return this.#program.output();
  }

  pay(reference: string, how: How = {}) {
    const { order = JSON.stringify(ORDER), token } = how;
    const path = `${this.#path}/${how.reference ?? reference}`;
    return this.ask(path, { method: "PUT", body: order }, token);
  }

  lookUp(reference: string) {
    return this.ask(`${this.#path}/${reference}`);
  }

  async ask(path: string, init: RequestInit = {}, token = this.#token) {
    const answer = await this.get(path, { ...init, headers: { Authorization: `Bearer ${token}` } });
    const isJson = answer.text.startsWith("{");
    const body = (isJson ? JSON.parse(answer.text) : {}) as { reference: string; outcome: string };
    return { ...answer, body };
  }

  async get(path: string, init?: RequestInit) {
    const answer = await fetch(this.#program.origin + path, init);
    const text = await answer.text();
    assert.ok(!leaks(text), path);
    return { status: answer.status, text };
  }
}
