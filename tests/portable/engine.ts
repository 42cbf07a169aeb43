// Tells on which runtime the suite runs.

/** What runs the suite. A version of Node may stand for itself. */
export type Engine =
  | "Node"
  | `Node ${number}`
  | "workerd"
  | "Deno"
  | "Bun"
  | "Chromium"
  | "edge-runtime";

export function engine(): { readonly family: Engine; readonly version?: Engine } {
  const { Deno, Bun, EdgeRuntime, process, navigator } = globalThis as {
    Deno?: unknown;
    Bun?: unknown;
    EdgeRuntime?: unknown;
    process?: { versions?: { node?: string } };
    navigator?: { userAgent?: string };
  };
  if (Deno !== undefined) {
    return { family: "Deno" };
  }
  if (Bun !== undefined) {
    return { family: "Bun" };
  }
  if (EdgeRuntime !== undefined) {
    return { family: "edge-runtime" };
  }
  if (navigator?.userAgent === "Cloudflare-Workers") {
    return { family: "workerd" };
  }
  const node = process?.versions?.node;
  return node === undefined
    ? { family: "Chromium" }
    : { family: "Node", version: `Node ${Number.parseInt(node, 10)}` };
}
