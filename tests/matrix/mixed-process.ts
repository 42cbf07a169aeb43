// Both of Node's module systems in one process: mixed.mjs OPTIONS import|require, which comes
// first. What is not as it should be is thrown.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import process from "node:process";
import type * as Library from "pay4power-auth";

const [options = "{}", first] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const core = new WebAssembly.Module(readFileSync(require.resolve("pay4power-auth/core.wasm")));
const namesOfCore = WebAssembly.Module.exports(core)
  .map(({ name }) => name)
  .join();
let instances = 0;
WebAssembly.Instance = class extends WebAssembly.Instance {
  constructor(...given: ConstructorParameters<typeof WebAssembly.Instance>) {
    super(...given);
    // Node's own fetch makes one too, of its parser.
    instances += Object.keys(this.exports).join() === namesOfCore ? 1 : 0;
  }
};

type Names = Record<string, unknown>;
const ways = [(name: string) => import(name), async (name: string) => require(name)];
const [one, other] = first === "import" ? ways : ways.toReversed();

async function both<Entry = Names>(name: string): Promise<[Entry, Entry]> {
  const pair: [Names, Names] = [await one?.(name), await other?.(name)];
  const [names, others] = pair.map((it) => Object.keys(it).sort());
  assert.ok(names && names.length > 0, name);
  assert.deepEqual(names, others, name);
  for (const key of names) {
    assert.equal(pair[0][key], pair[1][key], `${name}: ${key}`);
  }
  return pair as [Entry, Entry];
}

const [a, b] = await both<typeof Library>("pay4power-auth");
assert.notEqual(a, b, "loaded in two ways");
const [slim] = await both<typeof Library>("pay4power-auth/slim");
assert.equal(slim.Token, a.Token);
await both("pay4power-auth/stores");
await both("pay4power-auth/cloudflare");

const client = a.createClient(JSON.parse(options) as Library.ClientOptions);
const token = await client.getToken();
for (const { Token } of [a, b, slim]) {
  assert.ok(token instanceof Token);
}
client.close();
const error: unknown = await client.getToken().catch((reason: unknown) => reason);
for (const { AuthError, isAuthError } of [a, b, slim]) {
  assert.ok(error instanceof AuthError && isAuthError(error));
}
assert.equal(instances, 1, "one core for all of them");
process.stdout.write(`${process.version}: ${token.claims?.environment}`);
