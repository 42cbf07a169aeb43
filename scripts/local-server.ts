// Starts servers on this machine's loopback address, and finds free ports. Scripts, the sandbox and tests import it.
import { randomInt } from "node:crypto";
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import getPort from "get-port";
import type { Hono } from "hono";

const HOST = "127.0.0.1";

/** The length of the queue for connections. With Node's 511, some of a thousand callers would wait a second longer. */
const BACKLOG = 4_096;

/** Longer than clients keep an idle connection, so that the server closes no connection on which a request arrives. */
const KEEP_ALIVE_MS = 120_000;

export interface LocalServer {
  readonly origin: string;
  close(): Promise<void>;
}

/** The requested port is not free. */
export class PortTaken extends Error {
  constructor(port: number, cause: unknown) {
    super(`port ${port} is taken by another program`, { cause });
  }
}

/** Returns a free port for a server that starts later: the wanted one, unless that is taken. */
export function freePort(wanted?: number): Promise<number> {
  return getPort({ host: HOST, port: portsToTry(wanted), reserve: true });
}

/**
 * Yields ports below the range of outgoing connections: such a connection could take a port before the server starts.
 */
function* portsToTry(wanted?: number): Generator<number> {
  if (wanted !== undefined) {
    yield wanted;
  }
  for (let tries = 0; tries < 100; tries++) {
    yield randomInt(20_000, 32_768);
  }
}

export function originOf(port: number): string {
  return `http://${HOST}:${port}`;
}

/**
 * Returns the default port of a server. If that port is taken, returns a free one and says so with `say`. Do not use it
 * for a port that the user chose: there a taken port is an error.
 */
export async function defaultPort(
  wanted: number,
  name: string,
  say: (text: string) => void,
): Promise<number> {
  const port = await freePort(wanted);
  if (port !== wanted) {
    say(`port ${wanted} is taken: ${name} takes ${port}`);
  }
  return port;
}

/** Serves `app` on a port. 0 takes any free port. */
export function serve(app: Hono, port = 0): Promise<LocalServer> {
  return listen(createAdaptorServer(app) as Server, port);
}

/** Starts `server` on a port, or throws `PortTaken`. 0 takes any free port. */
export async function listen(server: Server, port = 0): Promise<LocalServer> {
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.listen({ host: HOST, port, backlog: BACKLOG });
  try {
    await once(server, "listening");
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === "EADDRINUSE"
      ? new PortTaken(port, error)
      : error;
  }
  return {
    origin: originOf((server.address() as AddressInfo).port),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
