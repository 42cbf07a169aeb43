// Starts the sandbox on a port of this machine.
import { serve } from "../scripts/local-server.ts";
import { Control } from "./control.ts";
import { BASE_PATH, CONTROL_PATH, TOKEN_PATHS } from "./paths.ts";
import { SandboxState, type Settings } from "./sandbox-state.ts";
import { createService } from "./service.ts";

export interface Sandbox {
  /** The address above all endpoints of the service; a client's `baseUrl`. */
  readonly baseUrl: string;
  /** The address of the exchange; a client's `tokenUrl`. */
  readonly tokenUrl: string;
  /** Changes the service while it runs. */
  readonly control: Control;
  /** The address of the control over HTTP, or `undefined` without the option `control`. */
  readonly controlUrl: string | undefined;
  close(): Promise<void>;
}

export interface SandboxOptions extends Partial<Settings> {
  /** If the port is taken, the start fails. 0, the default, takes any free port. */
  readonly port?: number;
  /** Whether the control also answers over HTTP. Default `true`: only programs of this machine can use it. */
  readonly control?: boolean;
  /** The origin of the page that may send requests; by default no page may. */
  readonly allowedOrigin?: string | undefined;
}

export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { lifetimeS = 3_600, latencyMs = 0, shiftMs = 0, port = 0, allowedOrigin } = options;
  const { control: hasControl = true } = options;
  const state = new SandboxState({ lifetimeS, latencyMs, shiftMs });
  const control = new Control(state);
  const service = createService(state, hasControl ? control : undefined, allowedOrigin);
  const { origin, close } = await serve(service, port);
  const baseUrl = origin + BASE_PATH;
  return {
    baseUrl,
    tokenUrl: baseUrl + TOKEN_PATHS[0],
    control,
    controlUrl: hasControl ? origin + CONTROL_PATH : undefined,
    close,
  };
}
