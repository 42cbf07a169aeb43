// How the service answers with a fault, on a real connection.
import type { ServerResponse } from "node:http";
import type { ExchangeFault, RequestFault } from "./calls.ts";
import type { Given } from "./ledger.ts";

/** Longer than `TIMEOUT_MS` of the clients. */
const SLOW_EXCHANGE_MS = 3_000;
const SLOW_REQUEST_MS = 300;

/** The code that each fault gives an exchange, by docs/faults.md. */
export const EXCHANGE_CODES: Readonly<Record<ExchangeFault, string>> = {
  reset: "P4P_NETWORK",
  "500": "P4P_SERVICE_UNAVAILABLE",
  "503": "P4P_SERVICE_UNAVAILABLE",
  "429": "P4P_RATE_LIMITED",
  slow: "P4P_TIMEOUT",
  cut: "P4P_NETWORK",
  html: "P4P_BAD_RESPONSE",
};

const RETRY_AFTER_1_S = { "Retry-After": "1" };

/** Answers an attempt of an exchange with a fault. `echo` is the request's body, which a bad service might show. */
export function answerExchange(
  response: ServerResponse,
  fault: ExchangeFault,
  good: string,
  echo: string,
): void {
  switch (fault) {
    case "reset":
      response.socket?.resetAndDestroy();
      break;
    case "500":
      send(response, 500, JSON.stringify({ success: false, statusCode: 500, message: echo }));
      break;
    case "503":
      send(response, 503, "", RETRY_AFTER_1_S);
      break;
    case "429":
      send(response, 429, "", RETRY_AFTER_1_S);
      break;
    case "slow":
      later(response, SLOW_EXCHANGE_MS, () => send(response, 200, good));
      break;
    case "cut":
      cut(response, good);
      break;
    case "html":
      send(response, 200, `<h1>maintenance</h1><pre>${echo}</pre>`, {
        "Content-Type": "text/html",
      });
      break;
  }
}

/** Answers a request of a call. Returns what the caller must get. */
export function answerRequest(
  response: ServerResponse,
  fault: RequestFault | undefined,
  text: string,
): Omit<Given, "atMs"> {
  const whole = (status: number, headers = {}) => {
    send(response, status, text, headers);
    return { status, body: "whole" } as const;
  };
  switch (fault) {
    case undefined:
      return whole(200);
    case "reset":
      response.socket?.resetAndDestroy();
      return { status: 0, body: "reset" };
    case "500":
      return whole(500);
    case "503":
      return whole(503, RETRY_AFTER_1_S);
    case "429":
      return whole(429, RETRY_AFTER_1_S);
    case "slow":
      later(response, SLOW_REQUEST_MS, () => send(response, 200, text));
      return { status: 200, body: "whole" };
    case "silent":
      return { status: 0, body: "none" };
    case "cut":
      cut(response, text);
      return { status: 200, body: "cut" };
    case "html":
      send(response, 200, `<p>${text}</p>`, { "Content-Type": "text/html" });
      return { status: 200, body: "whole" };
    case "revoked":
      return whole(401);
  }
}

export function send(response: ServerResponse, status: number, text: string, headers = {}): void {
  const length = Buffer.byteLength(text);
  response.writeHead(status, {
    "Content-Type": "application/json",
    "Content-Length": length,
    ...headers,
  });
  response.end(text);
}

/** Sends the head and half of the body, and closes the connection. */
function cut(response: ServerResponse, text: string): void {
  response.writeHead(200, { "Content-Length": Buffer.byteLength(text) });
  response.write(text.slice(0, text.length / 2), () => response.destroy());
}

/** Answers later, unless the caller has left by then. */
function later(response: ServerResponse, ms: number, answer: () => void): void {
  const timer = setTimeout(answer, ms);
  response.once("close", () => clearTimeout(timer));
}
