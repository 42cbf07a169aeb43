// A service that answers exactly what the request's address asks for, and counts what it was asked.
import { randomUUID } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { listen } from "../../scripts/local-server.ts";
import type { WireStep } from "../portable/wire.ts";
import { sendWire } from "./wire.ts";

export interface ScriptServer {
  readonly url: string;
  /** Waits until the address with this id was called. */
  called(id: string): Promise<void>;
  /** Lets the `held` answers of the address with this id go. */
  release(id: string): void;
  close(): Promise<void>;
}

/** What an address was asked. */
type Call = Pick<IncomingMessage, "method" | "headers"> & {
  body: string;
  readonly socket: Socket;
  /** How many bytes the connection had sent before. */
  readonly sentBefore: number;
  /** Until the client has closed the connection or sent another request on it. */
  readonly released: Promise<void>;
  readonly release: () => void;
};

/** How one address answers; see `Script` of the portable suite, which makes these addresses. */
interface Script {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly held?: boolean;
  readonly keepsConnection?: boolean;
  readonly delayMs?: number;
  readonly fault?: "silent" | "stall" | "reset" | "break" | "flood" | "echo";
  readonly lifetimeS?: number;
  readonly wire?: readonly WireStep[];
  readonly early?: boolean;
  readonly inTurn?: readonly Script[];
}

/** The latest call on each connection. */
const latest = new WeakMap<Socket, Call>();

/** `core` is the file to answer `/core.wasm` with. */
export async function startScriptServer(core?: string): Promise<ScriptServer> {
  const calls = new Map<string, Call[]>();
  /** How addresses answer whose script must not be a part of them. */
  const scripts = new Map<string, Script>();
  /** All requests since the last question for them. Nothing is kept before the first one. */
  let arrivals: (Pick<Call, "headers" | "body"> & { url: string })[] | undefined;
  const released = new Set<string>();
  const releases = new EventEmitter().setMaxListeners(0);
  const release = (id: string) => {
    released.add(id);
    releases.emit(id);
  };
  const called = async (id: string) => {
    while (!calls.has(id)) {
      await sleep(10);
    }
  };

  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    const [, kind, id = ""] = pathname.split("/");
    // What breaks on a connection that was used before, Chromium sends again by itself.
    response.setHeader("Connection", "close");
    response.setHeader("Access-Control-Allow-Origin", request.headers.origin ?? "null");
    response.setHeader("Access-Control-Allow-Headers", "authorization, *");
    response.setHeader("Access-Control-Allow-Methods", "*");
    if (request.method === "OPTIONS" && request.headers["access-control-request-method"]) {
      response.end(); // a browser asks whether it may send the request
    } else if (kind === "core.wasm" && core !== undefined) {
      response.setHeader("Content-Type", "application/wasm");
      response.end(await readFile(core));
    } else if (kind === "release") {
      release(id);
      response.end();
    } else if (kind === "script") {
      scripts.set(id, JSON.parse((await request.toArray()).join("")) as Script);
      response.end();
    } else if (kind === "arrivals") {
      response.end(JSON.stringify(arrivals ?? []));
      arrivals = [];
    } else if (kind === "calls") {
      const all = calls.get(id) ?? [];
      if (searchParams.has("released")) {
        await Promise.all(all.map((call) => call.released));
      }
      response.end(JSON.stringify(all.map(reportOf)));
    } else {
      const script = scripts.get(id) ?? (JSON.parse(searchParams.get("script") ?? "{}") as Script);
      const call = callOf(request);
      if (!script.early) {
        call.body = (await request.toArray()).join("");
      }
      calls.set(id, [...(calls.get(id) ?? []), call]);
      arrivals?.push({ url: request.url ?? "", headers: call.headers, body: call.body });
      if (script.keepsConnection) {
        response.removeHeader("Connection");
      }
      const turn = Math.min(calls.get(id)?.length ?? 0, script.inTurn?.length ?? 0) - 1;
      const answered = { ...script, ...script.inTurn?.[turn] };
      if (answered.held && !released.has(id)) {
        await once(releases, id);
      }
      if (answered.wire) {
        await sendWire(answered.wire, call.socket, (text) => filled(text, call));
      } else {
        await answer(answered, call.body, response);
      }
    }
  });
  const { origin: url, close } = await listen(server);
  return { url, called, release, close };
}

/** Notes a request. It releases the connection of the one before. */
function callOf({ method, headers, socket }: IncomingMessage): Call {
  const sentBefore = socket.bytesWritten;
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const call: Call = { method, headers, body: "", socket, sentBefore, released, release };
  const before = latest.get(socket);
  latest.set(socket, call);
  if (before) {
    before.release();
  } else {
    socket.once("close", () => latest.get(socket)?.release());
  }
  return call;
}

/** What `/calls` tells of a call. */
function reportOf({ method, headers, body, socket, sentBefore }: Call) {
  const sentBytes = socket.bytesWritten - socket.writableLength - sentBefore;
  return { method, headers, body, sentBytes, isReused: sentBefore > 0 };
}

/** Replaces the placeholders of a text that is sent as it is. */
function filled(text: string, { headers, body }: Call): string {
  const cors = [
    `Access-Control-Allow-Origin: ${headers.origin ?? "null"}`,
    "Access-Control-Expose-Headers: *",
  ];
  const { privateKey = "" } = (body.startsWith("{") ? JSON.parse(body) : {}) as {
    privateKey?: string;
  };
  return text
    .replaceAll("$CORS", cors.join("\r\n"))
    .replaceAll("$PRIVATE_KEY", privateKey)
    .replaceAll("$BODY", JSON.stringify(body).slice(1, -1))
    .replaceAll("$AUTHORIZATION", headers.authorization ?? "");
}

async function answer(script: Script, asked: string, response: ServerResponse): Promise<void> {
  const { status = 200, headers = {}, delayMs = 0, fault, lifetimeS } = script;
  const body = lifetimeS === undefined ? (script.body ?? "") : token(lifetimeS);
  await sleep(delayMs);
  if (fault === "silent") {
    return;
  }
  if (fault === "reset") {
    response.socket?.destroy();
    return;
  }
  response.writeHead(status, headers);
  if (fault === "stall" || fault === "break") {
    response.write('{"success":');
    await sleep(50);
    if (fault === "break") {
      response.socket?.destroy();
    }
  } else if (fault === "flood") {
    const chunk = " ".repeat(64 * 1024);
    for (let sent = 0; sent < 64 && !response.destroyed; sent++) {
      response.write(chunk);
      await sleep(1);
    }
    response.end();
  } else {
    response.end(
      fault === "echo" ? body.replaceAll("$BODY", JSON.stringify(asked).slice(1, -1)) : body,
    );
  }
}

/** An answer with a new token of that life. */
function token(lifetimeS: number): string {
  const iat = Math.floor(Date.now() / 1000);
  const exp = iat + lifetimeS;
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { jti: randomUUID(), iat, nbf: iat, exp, environment: "TEST" };
  const data = { token: `${part({ alg: "HS256" })}.${part(claims)}.c2ln`, expiresAt: exp };
  return JSON.stringify({ success: true, statusCode: 200, correlationId: claims.jti, data });
}
