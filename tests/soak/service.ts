// The scripted service: real sockets on this machine. It writes all that it sees to the ledger.
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { KEYS } from "../../sandbox/service.ts";
import { type LocalServer, listen } from "../../scripts/local-server.ts";
import { answerExchange, answerRequest, EXCHANGE_CODES, send } from "./answers.ts";
import {
  EXCHANGE_FAULTS,
  type ExchangeFault,
  echoOf,
  paymentOf,
  type RequestFault,
} from "./calls.ts";
import type { Span } from "./checker.ts";
import type { Ledger } from "./ledger.ts";
import { FAULT_SHARE } from "./plan.ts";
import type { Problems } from "./problems.ts";

/** The lifetimes of tokens in seconds, by the index of the client. */
const LIFETIMES_S = [3, 10, 60, 3_600];
/** How long a restart takes. */
const DOWN_MS = 150;

/** The name of a client begins with this letter if requests of a Worker share it. */
export const SHARED = "w";

export class Service {
  readonly restarts: Span[] = [];
  /** The fault of every attempt, while the token endpoint is out of order. */
  outage: ExchangeFault | undefined;
  readonly #ledger: Ledger;
  readonly #problems: Problems;
  #server: LocalServer | undefined;
  #origin = "";

  constructor(ledger: Ledger, problems: Problems) {
    this.#ledger = ledger;
    this.#problems = problems;
  }

  get origin(): string {
    return this.#origin;
  }

  async start(): Promise<void> {
    const port = this.#origin === "" ? 0 : Number(new URL(this.#origin).port);
    const server: Server = createServer((request, response) => {
      // A caller that leaves is no problem of the service.
      response.on("error", () => {});
      this.#answer(request, response).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ECONNRESET") {
          this.#problems.add(`the service failed: ${error.message}`);
        }
      });
    });
    this.#server = await listen(server, port);
    this.#origin = this.#server.origin;
  }

  async stop(): Promise<void> {
    await this.#server?.close();
  }

  /** Breaks all connections, takes none for a while, and starts again on the same port. */
  async restart(): Promise<void> {
    const span = { fromMs: Date.now(), untilMs: Number.POSITIVE_INFINITY };
    this.restarts.push(span);
    await this.stop();
    await new Promise((resolve) => setTimeout(resolve, DOWN_MS));
    await this.start();
    span.untilMs = Date.now() + DOWN_MS;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", this.#origin);
    if (pathname.startsWith("/token/")) {
      await this.#exchange(pathname.slice("/token/".length), request, response);
    } else {
      await this.#request(searchParams, request, response);
    }
  }

  async #exchange(client: string, request: IncomingMessage, response: ServerResponse) {
    const random = Math.random() < FAULT_SHARE ? pick(EXCHANGE_FAULTS) : undefined;
    const fault = this.outage ?? random;
    const code = fault && EXCHANGE_CODES[fault];
    const attempt = this.#ledger.attemptBegan(client, code, client.startsWith(SHARED));
    response.once("close", () => {
      attempt.isOpen = false;
    });
    const body = await text(request);
    if (!body.includes(KEYS.privateKey)) {
      this.#problems.add(`client ${client}: an exchange without the key`);
    }
    const good = this.#token(client);
    if (fault === undefined) {
      attempt.isOpen = false;
      send(response, 200, good);
    } else {
      attempt.isOpen = fault === "slow";
      answerExchange(response, fault, good, body);
    }
  }

  #token(client: string): string {
    const iat = Math.floor(Date.now() / 1_000);
    const lifetime = LIFETIMES_S[Number(client.split("-").at(-1)) % LIFETIMES_S.length] ?? 3_600;
    const exp = iat + lifetime;
    const jti = randomUUID();
    this.#ledger.issued(jti, client, exp * 1_000);
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const claims = { jti, iat, nbf: iat, exp, environment: "TEST" };
    const token = `${part({ alg: "HS256" })}.${part(claims)}.${"c2ln".repeat(8)}`;
    const data = { token, expiresAt: exp, tokenType: "Bearer" };
    return JSON.stringify({ success: true, statusCode: 200, correlationId: jti, data });
  }

  async #request(query: URLSearchParams, request: IncomingMessage, response: ServerResponse) {
    const id = Number(query.get("call"));
    const asked = query.get("fault");
    const fault = asked === "none" ? undefined : (asked as RequestFault);
    const kind = request.method === "POST" ? "post" : "get";
    this.#ledger.request(id, kind);
    const isFirst = this.#ledger.requestsOf(id) === 1;
    const jti = jtiOf(request.headers.authorization ?? "");
    const isAccepted = this.#ledger.accepts(jti, Date.now());
    const body = await text(request);
    if (kind === "post" && body !== paymentOf(id)) {
      this.#problems.add(`call ${id}: its POST has another body: ${body.slice(0, 100)}`);
    }
    if (fault === "revoked" && isFirst) {
      this.#ledger.revoke(jti);
    }
    const effective = isAccepted
      ? fault === "revoked" && !isFirst
        ? undefined
        : fault
      : "revoked";
    const answer = JSON.stringify({ success: true, data: echoOf(id) });
    const given = answerRequest(response, effective, answer);
    this.#ledger.answered(id, { ...given, atMs: Date.now() });
  }
}

const pick = <Value>(values: readonly Value[]): Value | undefined =>
  values[Math.floor(Math.random() * values.length)];

/** Returns the id of the token in an `Authorization` header. */
function jtiOf(authorization: string): string {
  try {
    const payload = authorization.split(".")[1] ?? "";
    return (JSON.parse(Buffer.from(payload, "base64url").toString()) as { jti: string }).jti;
  } catch {
    return `none in ${authorization.slice(0, 10)}`;
  }
}
