// Recognises the runtime, and the classes of the platform.

/**
 * Returns true if `value` is an instance of the class `name`: of the platform's, in any realm, or of another library's.
 * Workers with a compatibility date before 2024-09-26 lack the tag (`set_tostring_tag`), so it also looks at the class.
 */
export function isInstance(value: unknown, name: string): boolean {
  if (Object.prototype.toString.call(value) === `[object ${name}]`) {
    return true;
  }
  const Class = (globalThis as Record<string, unknown>)[name];
  const isOfClass = typeof Class === "function" && value instanceof Class;
  return isOfClass || (typeof value === "object" && value?.constructor?.name === name);
}

/** The runtimes that the package tells apart. Some send a request again by themselves, each in its own way. */
export type Runtime = "browser" | "bun" | "deno" | "edge" | "nodejs" | "workers";

/** Returns the runtime. `edge` is the edge-runtime of Next.js. `browser` also stands for every unknown runtime. */
export function runtime(): Runtime {
  const { Bun, Deno, EdgeRuntime, navigator, process } = globalThis as {
    readonly Bun?: unknown;
    readonly Deno?: unknown;
    readonly EdgeRuntime?: unknown;
    readonly navigator?: { readonly userAgent?: unknown };
    readonly process?: { readonly versions?: { readonly node?: unknown } };
  };
  if (navigator?.userAgent === "Cloudflare-Workers") {
    return "workers"; // first: with `nodejs_compat`, Workers have `process` too
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
 * Returns true on Cloudflare's Workers. There a promise or a timer belongs to the request that made it. If another
 * request settles a promise whose own request has ended, the promise is dropped, and workerd prints a warning.
 */
export const isWorkers = (): boolean => runtime() === "workers";
