// A client of the sandbox, for tests.
import { type Sandbox, type SandboxOptions, startSandbox } from "../../sandbox/server.ts";
import { KEYS } from "../../sandbox/service.ts";

interface Envelope {
  readonly success: boolean;
  readonly message: string;
  readonly errors: unknown[] | null;
  readonly statusCode: number;
  readonly data: unknown;
}

interface RequestParts {
  readonly authorization?: string;
  /** Makes it a POST. */
  readonly body?: unknown;
}

interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly envelope: Envelope;
}

/** Starts a sandbox, and stops it after `use`. */
export async function withSandbox(
  options: SandboxOptions,
  use: (sandbox: Sandbox) => Promise<void>,
): Promise<void> {
  const sandbox = await startSandbox(options);
  try {
    await use(sandbox);
  } finally {
    await sandbox.close();
  }
}

export async function send(
  sandbox: Sandbox,
  path: string,
  parts: RequestParts = {},
): Promise<Answered> {
  const { authorization, body } = parts;
  const response = await fetch(sandbox.baseUrl + path, {
    headers: authorization === undefined ? {} : { Authorization: authorization },
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
  });
  const { status, headers } = response;
  return { status, headers, envelope: (await response.json()) as Envelope };
}

/** Exchanges the example keys. Returns the `Authorization` header. */
export async function authorize(sandbox: Sandbox): Promise<string> {
  const { envelope } = await send(sandbox, "/auth/token", {
    body: { ...KEYS, environment: "TEST" },
  });
  return `Bearer ${(envelope.data as { token: string }).token}`;
}

/** Returns the body of a payment. */
export function vend(reference: string) {
  return { providerCode: "SANDBOX_POWER", customerId: "0123456789", amount: 2_500, reference };
}
