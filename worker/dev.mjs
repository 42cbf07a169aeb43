// npm run dev [-- --port 8787] [-- what `wrangler dev` takes]: the Worker of src/dev.ts, for this machine only.
//
// wrangler takes the address of a request from the header `MF-Original-URL`, and overwrites `Host` by it. A page
// whose name leads to this machine (DNS rebinding) can set that header, and the Worker can't tell. So this process
// stands before wrangler. It refuses requests under any other name than those of this machine, and those of other
// origins' pages, removes the headers that wrangler believes, and adds a secret by which the Worker recognises what
// came this way.
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
const DOOR = "Dev-Door";
/** What wrangler and its parts tell each other by. */
const BELIEVED = /^(mf-|dev-door$|connection$)/i;

const { port, rest } = arguments_();
/** Whether wrangler listens; otherwise it has ended. */
const { promise: isReady, resolve } = Promise.withResolvers();
const secret = randomBytes(24).toString("base64url");
const innerPort = await freePort();
const servers = await openDoors();
const child = spawn(
  process.execPath,
  [wrangler(), "dev", "src/dev.ts", ...rest].concat(
    ["--var", `DEV_DOOR:${secret}`],
    ["--ip", "127.0.0.1", "--port", String(innerPort)],
  ),
  { stdio: ["ignore", "pipe", "inherit"] },
);
// However this process ends: wrangler does not end by itself.
process.on("exit", () => child.kill("SIGTERM"));
process.stdout.on("error", () => child.kill("SIGTERM")); // the reader has left: `| head -1`
child.stdout.setEncoding("utf8").on("data", (text) => {
  // Only this process's own address leads in.
  process.stdout.write(text.replaceAll(`:${innerPort}`, `:${port}`));
});
resolve(untilReady());
process.on("SIGINT", () => {}); // a terminal tells both
process.on("SIGTERM", () => child.kill("SIGTERM"));
// npm ends its shell only, and would leave this process with the port.
const parent = process.ppid;
setInterval(() => process.ppid !== parent && child.kill("SIGTERM"), 500).unref();
const [code] = await once(child, "exit");
for (const server of servers) {
  server.closeAllConnections();
  server.close();
}
process.exitCode = code ?? 1;

function arguments_() {
  const { values, tokens } = parseArgs({
    options: { port: { type: "string", default: "8787" } },
    strict: false,
    tokens: true,
  });
  const own = new Set();
  for (const { kind, name, index, inlineValue } of tokens) {
    if (kind === "option" && name === "port") {
      own.add(index).add(inlineValue ? index : index + 1);
    }
  }
  const port = /^[1-9]\d{0,4}$/.test(values.port) ? Number(values.port) : 0;
  if (port < 1 || port > 65_535) {
    fail(`--port must be a whole number from 1 to 65535, found ${JSON.stringify(values.port)}`);
  }
  return { port, rest: process.argv.slice(2).filter((_, index) => !own.has(index)) };
}

function wrangler() {
  const require = createRequire(import.meta.url);
  const manifest = require.resolve("wrangler/package.json");
  return join(dirname(manifest), require(manifest).bin.wrangler);
}

/** `localhost` may be either address. Not every machine has the second. */
async function openDoors() {
  const servers = [];
  for (const host of ["127.0.0.1", "::1"]) {
    const server = createServer(pass);
    server.listen({ host, port });
    try {
      await once(server, "listening");
      servers.push(server);
    } catch (error) {
      if (host === "127.0.0.1" || error.code === "EADDRINUSE") {
        fail(`port ${port} can't be had (${error.code}); take another one with --port`);
      }
    }
  }
  return servers;
}

async function pass(asked, answer) {
  if (!isFromHere(asked.headers)) {
    const text = "Only for this machine's programs and pages. Ask localhost.\n";
    answer.writeHead(403, { "Content-Type": "text/plain" }).end(text);
    return;
  }
  if (!(await isReady)) {
    answer.destroy();
    return;
  }
  const { method, url: path, rawHeaders } = asked;
  const headers = [DOOR, secret];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (!BELIEVED.test(rawHeaders[index])) {
      headers.push(rawHeaders[index], rawHeaders[index + 1]);
    }
  }
  const passed = send({ host: "127.0.0.1", port: innerPort, method, path, headers });
  passed.on("response", (got) => {
    answer.writeHead(got.statusCode, got.rawHeaders);
    got.on("error", () => answer.destroy()).pipe(answer);
  });
  passed.on("error", () => answer.destroy());
  answer.on("close", () => passed.destroy());
  asked.on("error", () => passed.destroy()).pipe(passed);
}

/** Another name that leads here belongs to somebody else's page. `none`: a person has typed the address. */
function isFromHere({ host = "", origin = `http://${host}`, "sec-fetch-site": site = "none" }) {
  return (
    LOOPBACK.test(host) &&
    origin.toLowerCase() === `http://${host.toLowerCase()}` &&
    ["same-origin", "none"].includes(site)
  );
}

async function untilReady() {
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
