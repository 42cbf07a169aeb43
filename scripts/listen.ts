// Servers and ports of this machine, which nobody else can reach.
import { randomInt } from "node:crypto";
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import getPort from "get-port";
import type { Hono } from "hono";

const HOST = "127.0.0.1";

/** As many callers may come at once as the system lets wait; Node's 511 make some try again a second later. */
const BACKLOG = 4_096;

/** Longer than clients keep a connection that is idle: a request must not meet its end. */
const KEEP_ALIVE_MS = 120_000;

export interface Listening {
  readonly origin: string;
  close(): Promise<void>;
}

/** A port that was asked for is not free. */
export class PortTaken extends Error {
  constructor(port: number, cause: unknown) {
    super(`port ${port} is taken by another program`, { cause });
  }
}

/** A free port for a server that starts later: the wanted one, unless that is busy. */
export function freePort(wanted?: number): Promise<number> {
  return getPort({ host: HOST, port: portsToTry(wanted), reserve: true });
}

/** Below those that systems give to outgoing connections, which could take it meanwhile. */
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
 * The usual port of a server, or a free one if that is taken, which `say` is told. For a port that nobody has asked
 * for: one that was asked for and is taken is an error.
 */
export async function usualPort(
  usual: number,
  name: string,
  say: (text: string) => void,
): Promise<number> {
  const port = await freePort(usual);
  if (port !== usual) {
    say(`port ${usual} is taken: ${name} takes ${port}`);
  }
  return port;
}

/** Serves `app` on a port; 0 takes any. */
export function serve(app: Hono, port = 0): Promise<Listening> {
  return listen(createAdaptorServer(app) as Server, port);
}

/** Opens `server` on a port, or throws `PortTaken`; 0 takes any. */
export async function listen(server: Server, port = 0): Promise<Listening> {
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
