// The Worker of examples/cloudflare-worker in a real workerd, with its Durable Objects.
import type { Readable } from "node:stream";
import { Miniflare } from "miniflare";
import type { Module } from "../../scripts/workerd.ts";
import { newest } from "./workerds.ts";

process.env["MINIFLARE_WORKERD_PATH"] = newest.path;

/** Starts the Worker on the newest workerd. Its objects are stored in the folder `records`; without it, payments can't be. */
export async function startExampleWorker(
  modules: Module[],
  bindings: Record<string, string>,
  records: string | undefined,
) {
  let output = "";
  const worker = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    modules,
    compatibilityDate: newest.newestDate,
    bindings,
    durableObjects: {
      COORDINATOR: { className: "TokenCoordinator", useSQLite: true },
      ...(records !== undefined && { PAYMENTS: { className: "PaymentRecord", useSQLite: true } }),
    },
    durableObjectsPersist: records ?? false,
    handleRuntimeStdio(...streams: Readable[]) {
      for (const stream of streams) {
        stream.setEncoding("utf8").on("data", (text: string) => {
          output += text;
        });
      }
    },
  });
  const { origin } = await worker.ready;
  return { origin, output: () => output, stop: () => worker.dispose() };
}
