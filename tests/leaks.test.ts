// The searches for secrets on Node: each of them finds a secret that a test plants, in each spelling, and nothing else.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { startSandbox } from "../sandbox/server.ts";
import { BASE_PATH, KEYS } from "../sandbox/service.ts";
import { SPELLINGS } from "./portable/spellings.ts";
import { assertHidden } from "./properties/support.ts";
import { OutputCheck } from "./soak/host.ts";
import { Problems } from "./soak/problems.ts";
import { assertNoSecretPrinted } from "./support/command-line.ts";
import { assertNoSecret, filesWithLeaks, leaks } from "./support/leaks.ts";

/** A token of the sandbox's, which no test knows before. */
async function newToken(): Promise<string> {
  const sandbox = await startSandbox();
  const body = JSON.stringify({ ...KEYS, environment: "TEST" });
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(sandbox.tokenUrl, { method: "POST", headers, body });
  await sandbox.close();
  return ((await answer.json()) as { data: { token: string } }).data.token;
}

const HARMLESS = `${KEYS.publicKey} ${BASE_PATH} eyJ PRIV-KEY`;

/** Says whether `search` fails. */
function fails(search: () => void): boolean {
  try {
    search();
    return false;
  } catch (error) {
    assert.ok(error instanceof assert.AssertionError, String(error));
    return true;
  }
}

/** The searches, by name. Each says whether it finds a secret in the text. */
const SEARCHES: Record<string, (text: string) => boolean> = {
  leaks: (text) => leaks(text),
  assertNoSecret: (text) => fails(() => assertNoSecret(text)),
  "the output of the command line": (text) =>
    fails(() => assertNoSecretPrinted([], text, [KEYS.privateKey])),
  "the output of the soak": (text) => {
    const problems = new Problems();
    const check = new OutputCheck("node", problems);
    // In two pieces, as a pipe may bring it.
    check.add(text.slice(0, 40));
    check.add(text.slice(40));
    return problems.count > 0;
  },
  "the errors of the property tests": (text) =>
    fails(() => assertHidden(Object.assign(new Error("a"), { text }), [KEYS.privateKey, token])),
  "the files of a folder": (text) => {
    const folder = mkdtempSync(join(tmpdir(), "pay4power-leaks-"));
    const inner = join(folder, "inner");
    mkdirSync(inner);
    mkdirSync(join(folder, "node_modules"));
    writeFileSync(join(inner, "file.js.map"), text, "latin1");
    writeFileSync(join(folder, "node_modules", "installed.js"), KEYS.privateKey);
    try {
      const files = filesWithLeaks(folder);
      assert.ok(files.every((file) => file === join(inner, "file.js.map")));
      return files.length > 0;
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

const token = await newToken();

for (const [name, finds] of Object.entries(SEARCHES)) {
  describe(`the search of ${name}`, () => {
    for (const [spelling, spell] of Object.entries(SPELLINGS)) {
      test(`finds the key and a token ${spelling}`, () => {
        for (const secret of [KEYS.privateKey, token]) {
          assert.ok(finds(`before ${spell(secret)} after`), secret);
        }
        assert.ok(!finds(`before ${spell(HARMLESS)} after`));
      });
    }
  });
}
