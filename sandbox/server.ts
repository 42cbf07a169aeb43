// The service on a port of this machine.
import { serve } from "../scripts/listen.ts";
import { Control } from "./control.ts";
import { BASE_PATH, CONTROL_PATH, createService, TOKEN_PATHS } from "./service.ts";
import { type Settings, State } from "./state.ts";

export interface Sandbox {
  /** Where the service is: what its reference calls the server. */
  readonly baseUrl: string;
  /** Where keys are exchanged. */
  readonly tokenUrl: string;
  /** Changes the service while it runs. */
  readonly control: Control;
  /** Where the control listens, if it was asked for. */
  readonly controlUrl: string | undefined;
  close(): Promise<void>;
}

export interface SandboxOptions extends Partial<Settings> {
  /** One that is taken is an error; 0, the default, takes any. */
  readonly port?: number;
  /** Whether the control is there over HTTP too; by default it is not. */
  readonly control?: boolean;
  /** The origin of the one page that may ask; by default no page may. */
  readonly allowedOrigin?: string | undefined;
}

export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { lifetimeS = 3_600, latencyMs = 0, shiftMs = 0, port = 0, allowedOrigin } = options;
  const state = new State({ lifetimeS, latencyMs, shiftMs });
  const control = new Control(state);
  const service = createService(state, options.control ? control : undefined, allowedOrigin);
  const { origin, close } = await serve(service, port);
  const baseUrl = origin + BASE_PATH;
  return {
    baseUrl,
    tokenUrl: baseUrl + TOKEN_PATHS[0],
    control,
    controlUrl: options.control ? origin + CONTROL_PATH : undefined,
    close,
  };
}
