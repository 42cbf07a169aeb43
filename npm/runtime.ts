/**
 * Whether `value` is of the platform's class of that name, of whichever realm, or of another library's. Workers with
 * a compatibility date before 2024-09-26 lack the tag (`set_tostring_tag`).
 */
export function isInstance(value: unknown, name: string): boolean {
  if (Object.prototype.toString.call(value) === `[object ${name}]`) {
    return true;
  }
  const Class = (globalThis as Record<string, unknown>)[name];
  const isOfClass = typeof Class === "function" && value instanceof Class;
  return isOfClass || (typeof value === "object" && value?.constructor?.name === name);
}

/** The runtime: some send a request again by themselves, each in its own way. */
export type Runtime = "browser" | "bun" | "deno" | "edge" | "nodejs" | "workers";

/** Which runtime this is. `edge` is the edge-runtime of Next.js, `browser` is also what is none of the others. */
export function runtime(): Runtime {
  const { Bun, Deno, EdgeRuntime, navigator, process } = globalThis as {
    readonly Bun?: unknown;
    readonly Deno?: unknown;
    readonly EdgeRuntime?: unknown;
    readonly navigator?: { readonly userAgent?: unknown };
    readonly process?: { readonly versions?: { readonly node?: unknown } };
  };
  if (navigator?.userAgent === "Cloudflare-Workers") {
    return "workers"; // first: all of the others but Deno have what looks like Node's `process`
  }
  if (Bun !== undefined) {
    return "bun";
  }
  if (Deno !== undefined) {
    return "deno";
  }
  if (EdgeRuntime !== undefined) {
    return "edge";
  }
  return process?.versions?.node === undefined ? "browser" : "nodejs";
}

/**
 * Whether this is Cloudflare's Workers, where a promise or a timer belongs to the request that made it. Settled by
 * another request, a promise is dropped if its own request has ended, and workerd prints a warning.
 */
export const isWorkers = (): boolean => runtime() === "workers";
