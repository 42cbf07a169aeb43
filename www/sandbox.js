// @ts-check
// The control of the sandbox: it makes the faults, and counts what arrives.

/**
 * @typedef {{ asked: number, succeeded: number }} Count
 * @typedef {{ shiftMs: number, counts: { exchanges: Count, paths: Record<string, Count> } }} Status
 * @typedef {{ reference: string, times: number, state: string }} Entry
 */

/** The path of the exchange that this page's client uses, relative to the base path. */
export const TOKEN_PATH = "/test/v2.1/b2b/auth/token";

export class SandboxControl {
  /** @param {string} controlUrl */
  constructor(controlUrl) {
    this.url = controlUrl;
  }

  /** Changes the sandbox. @param {object} changes @returns {Promise<Status>} */
  change(changes) {
    // Text needs no preflight.
    return this.#ask("", { method: "POST", body: JSON.stringify(changes) });
  }

  /** Makes answers fail. @param {object} fault */
  failNext(fault) {
    return this.change({ failNext: fault });
  }

  /** @returns {Promise<Status>} */
  status() {
    return this.#ask("");
  }

  /** @returns {Promise<Entry[]>} */
  ledger() {
    return this.#ask("/ledger");
  }

  /** @param {string} path @param {RequestInit} [init] */
  async #ask(path, init) {
    const answer = await fetch(this.url + path, init);
    const { data, message } = await answer.json();
    if (!answer.ok) {
      throw new Error(`the sandbox refused a change: ${message}`);
    }
    return data;
  }
}
