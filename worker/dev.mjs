// npm run dev [-- --port 8787] [-- OPTIONS OF `wrangler dev`]: runs the Worker of src/dev.ts, for this machine only.
//
// wrangler takes the address of a request from the header `MF-Original-URL`, and overwrites `Host` with it. A page
// whose name leads to this machine (DNS rebinding) can set that header, and the Worker cannot notice. So this process
// is a reverse proxy before wrangler. It refuses a request under a name that is not this machine's, and a request of
// another origin's page. It removes the headers that wrangler trusts, and adds a secret by which the Worker recognises
// a request of this proxy.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, request as send } from "node:http";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;
const SECRET_HEADER = "Dev-Proxy-Secret";
/** The headers that wrangler and its parts trust, the secret, and `Connection`. A client may not set them. */
const REMOVED_HEADERS = /^(mf-|dev-proxy-secret$|connection$)/i;

const { port, wranglerArgs } = parseArguments();
/** Resolves to `true` when wrangler listens, and to `false` if it ends before that. */
const { promise: isReady, resolve: resolveReady } = Promise.withResolvers();
const secret = randomBytes(24).toString("base64url");
const innerPort = await freePort();
const servers = await listenOnLoopback();
const child = spawn(
  process.execPath,
  [wranglerPath(), "dev", "src/dev.ts", ...wranglerArgs].concat(
    ["--var", `DEV_PROXY_SECRET:${secret}`],
    ["--ip", "127.0.0.1", "--port", String(innerPort)],
  ),
  { stdio: ["ignore", "pipe", "inherit"] },
);
// wrangler does not end with this process by itself.
process.on("exit", () => child.kill("SIGTERM"));
process.stdout.on("error", () => child.kill("SIGTERM")); // the reader has gone: `| head -1`
child.stdout.setEncoding("utf8").on("data", (text) => {
  // Clients must use the port of this proxy.
  process.stdout.write(text.replaceAll(`:${innerPort}`, `:${port}`));
});
resolveReady(waitUntilReady());
process.on("SIGINT", () => {}); // a terminal sends SIGINT to both processes
process.on("SIGTERM", () => child.kill("SIGTERM"));
// npm ends only its own shell. Without this check, this process would go on and keep the port.
const parent = process.ppid;
setInterval(() => process.ppid !== parent && child.kill("SIGTERM"), 500).unref();
const [code] = await once(child, "exit");
for (const server of servers) {
  server.closeAllConnections();
  server.close();
}
process.exitCode = code ?? 1;

function parseArguments() {
  const { values, tokens } = parseArgs({
    options: { port: { type: "string", default: "8787" } },
    strict: false,
    tokens: true,
  });
  const portIndexes = new Set();
  for (const { kind, name, index, inlineValue } of tokens) {
    if (kind === "option" && name === "port") {
      portIndexes.add(index).add(inlineValue ? index : index + 1);
    }
  }
  const port = /^[1-9]\d{0,4}$/.test(values.port) ? Number(values.port) : 0;
  if (port < 1 || port > 65_535) {
    fail(`--port must be a whole number from 1 to 65535, found ${JSON.stringify(values.port)}`);
  }
  return {
    port,
    wranglerArgs: process.argv.slice(2).filter((_, index) => !portIndexes.has(index)),
  };
}

/** Returns the path of wrangler's command line. */
function wranglerPath() {
  const require = createRequire(import.meta.url);
  const manifest = require.resolve("wrangler/package.json");
  return join(dirname(manifest), require(manifest).bin.wrangler);
}

/** Listens on both addresses of `localhost`. Not every machine has `::1`. */
async function listenOnLoopback() {
  const servers = [];
  for (const host of ["127.0.0.1", "::1"]) {
    const server = createServer(forward);
    server.listen({ host, port });
    try {
      await once(server, "listening");
      servers.push(server);
    } catch (error) {
      if (host === "127.0.0.1" || error.code === "EADDRINUSE") {
        fail(`port ${port} is not available (${error.code}): choose another one with --port`);
      }
    }
  }
  return servers;
}

async function forward(request, response) {
  if (!isLocal(request.headers)) {
    const text = "Only for this machine's programs and pages. Ask localhost.\n";
    response.writeHead(403, { "Content-Type": "text/plain" }).end(text);
    return;
  }
  if (!(await isReady)) {
    response.destroy();
    return;
  }
  const { method, url: path, rawHeaders } = request;
  const headers = [SECRET_HEADER, secret];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (!REMOVED_HEADERS.test(rawHeaders[index])) {
      headers.push(rawHeaders[index], rawHeaders[index + 1]);
    }
  }
  const forwarded = send({ host: "127.0.0.1", port: innerPort, method, path, headers });
  forwarded.on("response", (answer) => {
    response.writeHead(answer.statusCode, answer.rawHeaders);
    answer.on("error", () => response.destroy()).pipe(response);
  });
  forwarded.on("error", () => response.destroy());
  response.on("close", () => forwarded.destroy());
  request.on("error", () => forwarded.destroy()).pipe(forwarded);
}

/**
 * Returns true for a request of this machine. A request under any other name may come from a foreign page (DNS
 * rebinding). `Sec-Fetch-Site: none` means that a person typed the address.
 */
function isLocal({ host = "", origin = `http://${host}`, "sec-fetch-site": site = "none" }) {
  return (
    LOOPBACK.test(host) &&
    origin.toLowerCase() === `http://${host.toLowerCase()}` &&
    ["same-origin", "none"].includes(site)
  );
}

/** Returns true once wrangler listens, and false if it ends before that. */
async function waitUntilReady() {
  while (child.exitCode === null && child.signalCode === null) {
    const socket = connect(innerPort, "127.0.0.1");
    try {
      await once(socket, "connect");
      return true;
    } catch {
      await sleep(100);
    } finally {
      socket.destroy();
    }
  }
  return false;
}

/** Returns a free port for wrangler. */
async function freePort() {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
