// A service that answers exactly what the request's address asks for, and counts what it was asked.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

export interface ScriptServer {
  readonly url: string;
  close(): Promise<void>;
}

/** How one address answers; see `Script` of the portable suite, which makes these addresses. */
interface Script {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly delayMs?: number;
  readonly fault?: "silent" | "stall" | "reset" | "break" | "flood" | "echo";
}

export async function startScriptServer(): Promise<ScriptServer> {
  const calls = new Map<string, { headers: IncomingMessage["headers"]; body: string }[]>();

  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    const [, kind, id = ""] = pathname.split("/");
    // What breaks on a connection that was used before, Chromium sends again by itself.
    response.setHeader("Connection", "close");
    response.setHeader("Access-Control-Allow-Origin", request.headers.origin ?? "null");
    response.setHeader("Access-Control-Allow-Headers", "authorization, *");
    response.setHeader("Access-Control-Allow-Methods", "*");
    if (request.method === "OPTIONS") {
      response.end();
    } else if (kind === "calls") {
      response.end(JSON.stringify(calls.get(id) ?? []));
    } else {
      const body = (await request.toArray()).join("");
      calls.set(id, [...(calls.get(id) ?? []), { headers: request.headers, body }]);
      await answer(JSON.parse(searchParams.get("script") ?? "{}") as Script, body, response);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function answer(script: Script, asked: string, response: ServerResponse): Promise<void> {
  const { status = 200, headers = {}, body = "", delayMs = 0, fault } = script;
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
