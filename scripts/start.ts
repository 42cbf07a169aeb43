// npm start [-- --once [--json]]: exchanges keys for a token with the package, in a Worker in a real workerd, and
// serves a page that does the same in a browser. `--once` stops after the Worker's answer; `--json` prints it as JSON.
import { join } from "node:path";
import { parseArgs, styleText } from "node:util";
import { startSandbox } from "../sandbox/server.ts";
import { KEYS } from "../sandbox/service.ts";
import { build } from "./build.ts";
import { makeConsumer } from "./consumer.ts";
import { defaultPort, freePort, type LocalServer, originOf } from "./local-server.ts";
import { PAGE_LIFETIME_S, sandboxAnswers, workerAnswers } from "./page-config.ts";
import { readPage } from "./page-files.ts";
import { servePage } from "./page-server.ts";
import { root, say } from "./project.mjs";
import { type Answer, show } from "./start-summary.ts";
import { startWorker } from "./workerd.ts";

const { once, json } = parseArguments();
const { PAY4POWER_PUBLIC_KEY: publicKey, PAY4POWER_PRIVATE_KEY: privateKey } = process.env;
if ((publicKey === undefined) !== (privateKey === undefined)) {
  fail("PAY4POWER_PUBLIC_KEY and PAY4POWER_PRIVATE_KEY: only one of them is in the environment.");
}
const tarball = await build();
const consumer = makeConsumer(join(root, "target", "start"), tarball, {
  "worker.ts": join(root, "scripts", "start-worker.ts"),
});
const portFor = (wanted: number, name: string) =>
  once ? freePort() : defaultPort(wanted, name, say);
const pagePort = await portFor(5180, "the page");
const sandbox =
  publicKey === undefined
    ? await startSandbox({
        port: await portFor(4010, "the sandbox"),
        allowedOrigin: originOf(pagePort),
        ...(once ? {} : { lifetimeS: PAGE_LIFETIME_S }),
      })
    : undefined;
const { url, worker } = await startWorker({
  entry: join(consumer, "worker.ts"),
  bindings: sandbox ? sandboxBindings(sandbox.tokenUrl) : environmentBindings(),
  port: await portFor(8787, "the Worker"),
});
let page: LocalServer | undefined;
let succeeded = false;
try {
  succeeded = show(await askWorker(), { json, sandboxUrl: sandbox?.baseUrl });
} catch (error) {
  say(styleText("red", `The Worker gave no answer: ${(error as Error).message}`));
}
if (once || !succeeded) {
  process.exitCode = succeeded ? 0 : 1;
  await stop();
} else {
  page = await startPage();
  console.log(`
The same in a browser:  ${page.origin}
Ask the Worker again:   curl ${url}
Ctrl-C stops everything.`);
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
}

async function askWorker(): Promise<Answer> {
  return (await (await fetch(url)).json()) as Answer;
}

/** Serves the page. It gets only the sandbox's example keys, which are not secret. Real keys stay in the Worker. */
async function startPage(): Promise<LocalServer> {
  return servePage({
    port: pagePort,
    page: await readPage(join(consumer, "node_modules", "pay4power-auth")),
    connect: sandbox ? [new URL(sandbox.baseUrl).origin] : [],
    answers: sandbox ? sandboxAnswers(sandbox) : workerAnswers(askWorker),
  });
}

async function stop(): Promise<void> {
  await page?.close();
  await worker.dispose();
  await sandbox?.close();
}

function parseArguments(): { once: boolean; json: boolean } {
  try {
    const options = {
      once: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    } as const;
    const { values } = parseArgs({ options });
    if (values.json && !values.once) {
      throw new Error("--json goes with --once");
    }
    return values;
  } catch (error) {
    return fail(`${(error as Error).message}; npm start -- --help says more`);
  }
}

function fail(message: string): never {
  say(message);
  process.exit(2);
}

/** Returns the sandbox's keys and address for the Worker. */
function sandboxBindings(tokenUrl: string): Record<string, string> {
  return {
    PAY4POWER_PUBLIC_KEY: KEYS.publicKey,
    PAY4POWER_PRIVATE_KEY: KEYS.privateKey,
    PAY4POWER_TOKEN_URL: tokenUrl,
  };
}

/** Returns the keys and the address for the Worker that the environment gives. */
function environmentBindings(): Record<string, string> {
  const names = ["PUBLIC_KEY", "PRIVATE_KEY", "ENVIRONMENT", "TOKEN_URL"].map(
    (name) => `PAY4POWER_${name}`,
  );
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
  );
}
