// A proxy between a Worker and the sandbox. It records requests, and can answer in place of the sandbox.
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { type LocalServer, listen } from "../../scripts/local-server.ts";

export interface Sent {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Answers the request and returns `true`, or returns `false` to forward it to the sandbox. */
export type Override = (sent: Sent, response: ServerResponse) => boolean;

export interface RecordingProxy extends LocalServer {
  /** All requests that the Worker sent, except exchanges. */
  readonly sent: Sent[];
  /** Answers in place of the sandbox, if it is set. */
  override: Override | undefined;
}

const FORWARDED_HEADERS = new Set(["content-type", "date", "location", "retry-after"]);

export async function startRecordingProxy(sandboxOrigin: string): Promise<RecordingProxy> {
  const server = createServer(async (request, response) => {
    const { method = "", url: path = "", headers } = request;
    const body = Buffer.concat(await request.toArray()).toString();
    const sent = { method, path, headers, body };
    if (!path.includes("/auth/token")) {
      proxy.sent.push(sent);
    }
    if (proxy.override?.(sent, response)) {
      return;
    }
    try {
      const { authorization = "", "content-type": type = "" } = headers;
      const answer = await fetch(sandboxOrigin + path, {
        method,
        redirect: "manual",
        headers: { Authorization: authorization, "Content-Type": type },
        ...(method === "POST" && { body }),
      });
      const text = await answer.text();
      const passed = [...answer.headers].filter(([name]) => FORWARDED_HEADERS.has(name));
      response.writeHead(answer.status, Object.fromEntries(passed)).end(text);
    } catch {
      response.destroy(); // as the sandbox did
    }
  });
  const proxy: RecordingProxy = { ...(await listen(server)), sent: [], override: undefined };
  return proxy;
}
