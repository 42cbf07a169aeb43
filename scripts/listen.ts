// A server on a port of this machine, which nobody else can reach.
import { once } from "node:events";
import type { Server } from "node:http";
import { createAdaptorServer } from "@hono/node-server";
import getPort from "get-port";
import type { Hono } from "hono";

const HOST = "127.0.0.1";

export interface Listening {
  readonly origin: string;
  close(): Promise<void>;
}

/** A free port: the wanted one, unless that is busy. */
export function freePort(wanted = 0): Promise<number> {
  return getPort(wanted === 0 ? { host: HOST } : { host: HOST, port: wanted });
}

export function originOf(port: number): string {
  return `http://${HOST}:${port}`;
}

/** Serves `app` on a port that is free. */
export async function listen(app: Hono, port: number): Promise<Listening> {
  const server = createAdaptorServer(app) as Server;
  server.listen(port, HOST);
  await once(server, "listening");
  return {
    origin: originOf(port),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
