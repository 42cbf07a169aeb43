// A recording proxy between a Worker and the sandbox. It may answer in place of the sandbox.
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { type LocalServer, listen } from "../../scripts/local-server.ts";

export interface Sent {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Answers in place of the sandbox, or returns `false` to forward the request. */
export type InPlace = (sent: Sent, response: ServerResponse) => boolean;

export interface Middleman extends LocalServer {
  /** All requests except exchanges. */
  readonly sent: Sent[];
  inPlace: InPlace | undefined;
}

const FORWARDED_HEADERS = new Set(["content-type", "date", "location", "retry-after"]);

export async function startMiddleman(behind: string): Promise<Middleman> {
  const server = createServer(async (request, response) => {
    const { method = "", url: path = "", headers } = request;
    const body = Buffer.concat(await request.toArray()).toString();
    const sent = { method, path, headers, body };
    if (!path.includes("/auth/token")) {
      middleman.sent.push(sent);
    }
    if (middleman.inPlace?.(sent, response)) {
      return;
    }
    try {
      const { authorization = "", "content-type": type = "" } = headers;
      const answer = await fetch(behind + path, {
        method,
        redirect: "manual",
        headers: { Authorization: authorization, "Content-Type": type },
        ...(method === "POST" && { body }),
      });
      const text = await answer.text();
      const passed = [...answer.headers].filter(([name]) => FORWARDED_HEADERS.has(name));
      response.writeHead(answer.status, Object.fromEntries(passed)).end(text);
    } catch {
      response.destroy(); // as the sandbox has done
    }
  });
  const middleman: Middleman = { ...(await listen(server)), sent: [], inPlace: undefined };
  return middleman;
}
