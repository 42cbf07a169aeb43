// Stands between a Worker and the sandbox: writes down what was sent, and may answer in its place.
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { type Listening, listen } from "../../scripts/listen.ts";

export interface Sent {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Answers by itself; if it does not want to, it returns false. */
export type InPlace = (sent: Sent, response: ServerResponse) => boolean;

export interface Middleman extends Listening {
  /** What was sent to all paths but those that exchange keys. */
  readonly sent: Sent[];
  inPlace: InPlace | undefined;
}

const PASSED = new Set(["content-type", "date", "location", "retry-after"]);

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
      const passed = [...answer.headers].filter(([name]) => PASSED.has(name));
      response.writeHead(answer.status, Object.fromEntries(passed)).end(text);
    } catch {
      response.destroy(); // as the one behind has done
    }
  });
  const middleman: Middleman = { ...(await listen(server)), sent: [], inPlace: undefined };
  return middleman;
}
