// node scripts/smoke.mjs TARBALL: installs the tarball with npm, starts its sandbox, and makes an exchange and a request
// from an ES module and from CommonJS. Plain JavaScript without dependencies or set-up: the release runs it on machines
// that have only Node.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const [tarball = ""] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "pay4power-smoke-"));
const installed = join(folder, "node_modules", "pay4power-auth");

/** Runs a program in the folder. Returns what it prints. */
function run(command, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: folder,
    encoding: "utf8",
    timeout: 60_000,
    ...options,
  });
  assert.equal(status, 0, `${command}: ${stdout}${stderr}${error?.message ?? ""}`);
  return stdout;
}

const USE = `
  const { publicKey, privateKey, tokenUrl, baseUrl } = JSON.parse(process.env.SANDBOX);
  const client = lib.createClient({ publicKey, privateKey, tokenUrl, baseUrl });
  const answer = await client.fetch("/services", { signal: AbortSignal.timeout(30000) });
  const wrong = { publicKey, privateKey: "PRIV_KEY_sandbox-wrong", tokenUrl };
  const { code } = await lib.authenticate(wrong).catch((error) => error);
  console.log(answer.status, code, lib.VERSION);
`;
const PROGRAMS = {
  "module.mjs": `import * as lib from "pay4power-auth";${USE}`,
  "common.cjs": `const lib = require("pay4power-auth");(async () => {${USE}})();`,
};

writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }));
const args = ["install", "--offline", "--no-audit", "--no-fund", "--loglevel=error"];
// On Windows npm is a script, which only a shell runs. It takes the path in quotes.
const isWindows = process.platform === "win32";
run("npm", [...args, isWindows ? `"${resolve(tarball)}"` : resolve(tarball)], { shell: isWindows });
const { version, bin } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
const commandLine = join(installed, bin["pay4power-auth"]);
const sandbox = spawn(process.execPath, [commandLine, "sandbox", "--port", "0", "--json"], {
  stdio: ["ignore", "pipe", "inherit"],
});
try {
  const printed = await jsonOf(sandbox.stdout.setEncoding("utf8"));
  const env = { ...process.env, SANDBOX: printed };
  for (const [name, source] of Object.entries(PROGRAMS)) {
    writeFileSync(join(folder, name), source);
    const output = run(process.execPath, [name], { env });
    assert.equal(output, `200 P4P_CREDENTIALS_REJECTED ${version}\n`, name);
  }
  const { port } = new URL(JSON.parse(printed).tokenUrl);
  run(process.execPath, [commandLine, "check", "--sandbox", port]);
  console.log(`pay4power-auth ${version} works on ${process.platform}, Node ${process.version}`);
} finally {
  sandbox.kill();
  await once(sandbox, "exit");
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 }); // Windows frees a file a moment later
}

/** Returns the JSON object that a program prints first. */
async function jsonOf(stdout) {
  let text = "";
  for await (const chunk of stdout.iterator({ destroyOnReturn: false })) {
    text += chunk;
    if (text.endsWith("}\n")) {
      break;
    }
  }
  return text;
}
