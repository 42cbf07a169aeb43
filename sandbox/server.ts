// The service on a port of this machine.
import { once } from "node:events";
import type { Server } from "node:http";
import { createAdaptorServer } from "@hono/node-server";
import getPort from "get-port";
import { Control } from "./control.ts";
import { BASE_PATH, createService, TOKEN_PATHS } from "./service.ts";
import { type Settings, State } from "./state.ts";

export interface Sandbox {
  /** Where the service is: what its reference calls the server. */
  readonly baseUrl: string;
  /** Where keys are exchanged. */
  readonly tokenUrl: string;
  /** Changes the service while it runs. */
  readonly control: Control;
  close(): Promise<void>;
}

/** Starts a sandbox; on another port than `port` when that is busy. */
export async function startSandbox(
  options: Partial<Settings> & { port?: number } = {},
): Promise<Sandbox> {
  const { lifetimeS = 3_600, latencyMs = 0, shiftMs = 0, port } = options;
  const state = new State({ lifetimeS, latencyMs, shiftMs });
  const server = createAdaptorServer(createService(state)) as Server;
  server.listen(await getPort(port === undefined ? { host: HOST } : { host: HOST, port }), HOST);
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new Error("the sandbox has no port");
  }
  const baseUrl = `http://${HOST}:${address.port}${BASE_PATH}`;
  return {
    baseUrl,
    tokenUrl: baseUrl + TOKEN_PATHS[0],
    control: new Control(state),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const HOST = "127.0.0.1";
