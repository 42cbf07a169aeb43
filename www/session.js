// @ts-check
// The client of this page, and what the page counts about it.
import { createClient, isAuthError } from "pay4power-auth";
import { SandboxControl } from "./sandbox.js";

/**
 * @typedef {object} Config The sandbox's keys and addresses.
 * @property {string} publicKey
 * @property {string} privateKey
 * @property {string} tokenUrl
 * @property {string} baseUrl
 * @property {string} controlUrl
 *
 * @typedef {object} Call One call of `client.fetch`.
 * @property {string} path
 * @property {number} sends how often the client sent its request
 * @property {number} refusals how many of its answers were a 401
 * @property {boolean} waited whether its request could not leave at once
 * @property {number} durationMs
 * @property {number} [status] the status of the answer, if there was one
 * @property {any} [body] the answer, if it was read to its end
 * @property {string} [code] the code of an `AuthError`, or the name of another error
 *
 * @typedef {import("pay4power-auth").ClientEvent} ClientEvent
 * @typedef {import("pay4power-auth").ClientState} ClientState
 * @typedef {import("pay4power-auth").Token} Token
 */

/** The limit of one attempt. Short, so that nobody waits long for the button "Hang". */
const TIMEOUT_MS = 3_000;

/**
 * Emits `client` (an event of the client), `token` (a new token), `unauthorized` (a 401) and `counts` (new numbers).
 */
export class Session extends EventTarget {
  counts = { calls: 0, waited: 0, exchanges: 0, sent: 0, received: 0, booked: 0 };
  /** @type {Token | undefined} */
  token;
  /** The events of the client so far. @type {ClientEvent[]} */
  events = [];
  /** The references of this page's payments. @type {string[]} */
  references = [];
  /** The failure of the last call without a token. @type {import("pay4power-auth").AuthError | undefined} */
  failure;
  #config;
  #keys;
  /** How many payments were answered with a 401: the service does not carry those out. */
  #refusedPayments = 0;
  /** @type {Promise<unknown> | undefined} */
  #refresh;

  /** @param {Config} config */
  constructor(config) {
    super();
    this.#config = config;
    this.#keys = { publicKey: config.publicKey, privateKey: config.privateKey };
    this.sandbox = new SandboxControl(config.controlUrl);
    this.client = this.#createClient();
  }

  /** Changes the private key that the page gives. `undefined` stands for the right one. @param {string} [privateKey] */
  setPrivateKey(privateKey = this.#config.privateKey) {
    this.#keys = { ...this.#keys, privateKey };
  }

  /** Begins again with a new client, as a restarted program does. */
  restart() {
    this.client.close();
    this.token = undefined;
    this.client = this.#createClient();
  }

  #createClient() {
    const { tokenUrl, baseUrl } = this.#config;
    const client = createClient({
      credentials: () => this.#keys,
      tokenUrl,
      baseUrl,
      timeoutMs: TIMEOUT_MS,
      dangerouslyAllowBrowser: true, // these keys are examples
      fetch: (url, init) => this.#send(url, init),
      onEvent: (event) => this.#onEvent(event, client),
    });
    return client;
  }

  /** Sends one request for a caller. Never rejects. @param {string} path @param {RequestInit} [init] @returns {Promise<Call>} */
  async call(path = "/services", init = {}) {
    const begunMs = performance.now();
    /** @type {Call} */
    const call = { path, sends: 0, refusals: 0, waited: false, durationMs: 0 };
    this.counts.calls += 1;
    // The client passes unknown members of `init` on, to `#send`.
    const answering = this.client.fetch(path, /** @type {RequestInit} */ ({ ...init, call }));
    const timer = setTimeout(() => {
      if (call.sends === 0) {
        call.waited = true;
        this.counts.waited += 1;
        this.#emit("counts");
      }
    });
    try {
      const answer = await answering.finally(() => call.sends > 0 || clearTimeout(timer));
      call.status = answer.status;
      call.body = await answer.json();
    } catch (error) {
      call.code = isAuthError(error) ? error.code : /** @type {Error} */ (error).name;
      this.failure = isAuthError(error) ? error : this.failure;
    }
    call.durationMs = performance.now() - begunMs;
    this.#emit("counts");
    return call;
  }

  /** Sends a payment, or sends it again. @param {string} reference */
  pay(reference) {
    if (!this.references.includes(reference)) {
      this.references.push(reference);
    }
    const order = { providerCode: "SANDBOX_POWER", customerId: "0123456789", amount: 2_500 };
    return this.call("/vend", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ...order, reference }),
    });
  }

  /** Looks a payment up by its reference. @param {string} reference */
  lookUp(reference) {
    return this.call(`/requery?${new URLSearchParams({ service: "electricity", reference })}`);
  }

  /**
   * The `fetch` of the client. Counts what the client sends.
   * @param {string} url @param {RequestInit & { call?: Call }} init
   */
  async #send(url, init) {
    const { call } = init;
    const isPayment = call?.path === "/vend";
    if (call) {
      call.sends += 1;
      this.counts.sent += isPayment ? 1 : 0;
    }
    const answer = await fetch(url, init);
    if (call && answer.status === 401) {
      call.refusals += 1;
      this.counts.sent -= isPayment ? 1 : 0;
      this.#refusedPayments += isPayment ? 1 : 0;
      this.#emit("unauthorized");
    }
    return answer;
  }

  /** @param {ClientEvent} event @param {import("pay4power-auth").Client} client */
  #onEvent(event, client) {
    if (client !== this.client) {
      return; // the late event of a client that was closed
    }
    this.events.push(event);
    this.#emit("client", event);
    if (event.type === "exchange.success") {
      this.failure = undefined;
      // At hand: the client has installed it. The catch is for a client that was closed just now.
      client.getToken().then(
        (token) => this.#setToken(token),
        () => {},
      );
    }
    if (event.type.startsWith("exchange.")) {
      this.refreshCounts();
    }
  }

  /** @param {Token} token */
  #setToken(token) {
    this.token = token;
    this.#emit("token", token);
  }

  /** Asks the sandbox for its counts and its ledger. Calls at the same time share one question. */
  refreshCounts() {
    this.#refresh ??= new Promise((resolve) => setTimeout(resolve, 50))
      .then(() => {
        this.#refresh = undefined;
        return this.readCounts();
      })
      .catch(() => {}); // the page says elsewhere that the sandbox is gone
    return this.#refresh;
  }

  /** Asks the sandbox for its counts and its ledger now. */
  async readCounts() {
    const [{ counts }, ledger] = await Promise.all([this.sandbox.status(), this.sandbox.ledger()]);
    this.counts.exchanges = counts.exchanges.asked;
    this.counts.received = (counts.paths["/vend"]?.asked ?? 0) - this.#refusedPayments;
    this.counts.booked = ledger.filter(({ reference }) =>
      this.references.includes(reference),
    ).length;
    this.#emit("counts");
    return this.counts;
  }

  /** @param {string} type @param {unknown} [detail] */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
