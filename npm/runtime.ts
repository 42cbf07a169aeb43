/** The globals that tell runtimes apart. */
interface Globals {
  readonly window?: unknown;
  readonly document?: unknown;
  readonly WorkerGlobalScope?: unknown;
  readonly navigator?: { readonly userAgent?: string };
  readonly process?: { readonly versions?: { readonly node?: string } };
  readonly Deno?: unknown;
  readonly Bun?: unknown;
  readonly EdgeRuntime?: unknown;
}

/**
 * Whether this is a page, or a browser's dedicated, shared or service worker. Servers have worker
 * scopes too, so those that are known are told apart by name.
 */
export function inBrowser(): boolean {
  const global = globalThis as Globals;
  if (typeof global.window === "object" && typeof global.document === "object") {
    return true;
  }
  if (typeof global.WorkerGlobalScope !== "function") {
    return false;
  }
  const isServer =
    global.navigator?.userAgent === "Cloudflare-Workers" ||
    typeof global.process?.versions?.node === "string" ||
    typeof global.Deno === "object" ||
    typeof global.Bun === "object" ||
    typeof global.EdgeRuntime === "string";
  return !isServer;
}

/**
 * Whether `value` is of the platform's class of that name, of whichever realm. Workers with a
 * compatibility date before 2024-09-26 lack the tag (`set_tostring_tag`).
 */
export function isA(value: unknown, name: string): boolean {
  return (
    Object.prototype.toString.call(value) === `[object ${name}]` ||
    (typeof value === "object" && value?.constructor?.name === name)
  );
}
