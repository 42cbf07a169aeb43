// Next.js replaces `fetch`: by one that keeps answers on disk, and one that a prerender abandons.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { type Sandbox, startSandbox } from "../../sandbox/server.ts";
import { KEYS } from "../../sandbox/service.ts";
import { build } from "../../scripts/build.ts";
import { freePort, originOf } from "../../scripts/local-server.ts";
import { configOf } from "./next.ts";
import { answers, commandOf, consumer, ENV, NEXT_14, NEXT_16, named } from "./tools.ts";

const LAYOUT = `export default ({ children }) => <html lang="en"><body>{children}</body></html>;`;
/** One for all that a process renders: Next.js loads this once for each kind of route. */
const CLIENT = `import { createClient } from "pay4power-auth";
const { publicKey, privateKey, tokenUrl } = process.env;
globalThis.client ??= createClient({ publicKey, privateKey, tokenUrl });
export const { client } = globalThis;`;
const PAGE = `import { client } from "../client.js";
export default async () => <p>{(await client.getToken()).correlationId}</p>;`;
const CACHED_PAGE = PAGE.replace("async () => ", 'async () => { "use cache"; return ').concat(
  " };",
);
const ROUTE = `import { client } from "../client.js";
export const GET = async () => Response.json((await client.getToken()).correlationId);`;

/** What a program of Next.js is made of, beside a client and a layout. */
interface Program {
  readonly files: Record<string, string>;
  readonly config?: object;
}

async function made(from: string, what: string, { files, config }: Program): Promise<string> {
  const folder = consumer(what, await build(), {}, from);
  rmSync(join(folder, "tsconfig.json")); // with it Next.js would install what TypeScript needs
  const all = {
    ...files,
    "layout.jsx": LAYOUT,
    "client.js": CLIENT,
    "../next.config.mjs": configOf(folder, from, config),
  };
  for (const [path, text] of Object.entries(all)) {
    const file = join(folder, "app", path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return folder;
}

const environment = ({ tokenUrl }: Sandbox) => ({ ...ENV, ...KEYS, tokenUrl });

/** Builds it, and returns what was printed. */
async function built(from: string, folder: string, sandbox: Sandbox): Promise<string> {
  const child = spawn(commandOf("next", from), ["build"], {
    cwd: folder,
    env: { ...process.env, ...environment(sandbox) },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data: Buffer) => {
      output += data.toString();
    });
  }
  const code = await new Promise((resolve) => child.on("close", resolve));
  assert.equal(code, 0, output);
  return output;
}

/** Starts what was built, and returns what it answers at `path`. */
async function served(
  from: string,
  folder: string,
  sandbox: Sandbox,
  path: string,
): Promise<string> {
  const port = await freePort();
  const args = ["start", "--hostname", "127.0.0.1", "--port", `${port}`];
  const child = spawn(commandOf("next", from), args, {
    cwd: folder,
    stdio: "ignore",
    env: { ...process.env, ...environment(sandbox) },
  });
  try {
    await answers(originOf(port));
    return await (await fetch(new URL(path, originOf(port)))).text();
  } finally {
    child.kill();
  }
}

/** The files in which there is an answer of the token endpoint, as it is or in base64. */
function withAnswers(folder: string): string[] {
  const answer = /"token":"eyJ|eyJzdWNjZXNzIjp0cnVl/; // {"success":true
  const files = readdirSync(folder, { recursive: true, withFileTypes: true });
  return files
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name))
    .filter((file) => answer.test(readFileSync(file, "latin1")));
}

const exchanges = ({ control }: Sandbox) => control.status().counts.exchanges.succeeded;

for (const from of [NEXT_14, NEXT_16]) {
  const { name, missing } = named("next", "", from);

  test(`${name}: no token lies on disk, and what starts later gets one of its own`, async () => {
    assert.equal(missing, undefined, "Next.js must be there");
    const sandbox = await startSandbox({ lifetimeS: 3_600 });
    try {
      const folder = await made(from, `${name}, caches`, { files: { "token/page.jsx": PAGE } });
      for (const starts of [1, 2]) {
        await built(from, folder, sandbox);
        const before = exchanges(sandbox);
        const page = await served(from, folder, sandbox, "/token");
        assert.match(page, /<p>[0-9a-f-]{36}<\/p>/);
        assert.equal(exchanges(sandbox), before + 1, `of start ${starts}`);
        assert.deepEqual(withAnswers(join(folder, ".next")), []);
      }
    } finally {
      await sandbox.close();
    }
  });
}

const { name, missing } = named("next");

test(`${name}, cacheComponents: a prerender that is abandoned fails no other page`, async () => {
  assert.equal(missing, undefined, "Next.js must be there");
  const sandbox = await startSandbox();
  try {
    const files = { "a/page.jsx": CACHED_PAGE, "b/page.jsx": CACHED_PAGE, "api/route.js": ROUTE };
    const program = { files, config: { cacheComponents: true } };
    const folder = await made(NEXT_16, `${name}, prerenders`, program);
    const output = await built(NEXT_16, folder, sandbox);
    assert.match(output, /ƒ \/api/); // it was abandoned
    assert.match(output, /○ \/a/);
    assert.match(output, /○ \/b/);
    assert.equal(exchanges(sandbox), 1);
  } finally {
    await sandbox.close();
  }
});
