// The edge runtime of Vercel in a process of its own: MANIFEST CODE WASM. Tells where it listens.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [manifest = "", code = "", core = ""] = process.argv.slice(2);
const { EdgeRuntime, runServer } = createRequire(manifest)("edge-runtime");
const module = new WebAssembly.Module(readFileSync(core));
const runtime = new EdgeRuntime({
  initialCode: readFileSync(code, "utf8"),
  extend: (context: object) => Object.assign(context, { wasm_core: module }),
});
const { url } = await runServer({ runtime, host: "127.0.0.1", port: 0 });
process.send?.(url);
