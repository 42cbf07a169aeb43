// The service on a port of this machine.
import { freePort, listen } from "../scripts/listen.ts";
import { BASE_PATH, createService, type ServiceOptions, TOKEN_PATHS } from "./service.ts";

export interface Sandbox {
  /** Where the service is: what its reference calls the server. */
  readonly baseUrl: string;
  /** Where keys are exchanged. */
  readonly tokenUrl: string;
  close(): Promise<void>;
}

/** Starts a sandbox; on another port than `port` when that is busy. */
export async function startSandbox(
  options: Partial<ServiceOptions> & { port?: number } = {},
): Promise<Sandbox> {
  const { lifetimeS = 3_600, latencyMs = 0, allowedOrigin, port } = options;
  const service = createService({ lifetimeS, latencyMs, allowedOrigin });
  const { origin, close } = await listen(service, await freePort(port));
  const baseUrl = origin + BASE_PATH;
  return { baseUrl, tokenUrl: baseUrl + TOKEN_PATHS[0], close };
}
