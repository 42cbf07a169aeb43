// The instances of the core: what ends one, what a call then throws, and when the next one is made. Each call into the
// core may be made to fail here. `tests/portable/trap.ts` shows the same with real traps on every runtime.
import assert from "node:assert/strict";
import { afterEach, before, test } from "node:test";
import type * as Library from "pay4power-auth";
import { tellingInstances } from "./portable/entries.ts";
import { FakeService, StandIns } from "./support/fake-service.ts";
import { requireOf } from "./support/installed.ts";
import { KEYS } from "./support/secrets.ts";

let lib: typeof Library;
/** How many instances were made. */
let made = 0;
let require: NodeJS.Require;
const globals = new StandIns();
/** Called with the name of each export that is called. Where it throws, the core traps. */
let enter = (_: string) => {};

before(async () => {
  require = await requireOf("core-instances");
  WebAssembly.Instance = class extends tellingInstances((name) => enter(name)) {
    constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
      super(module, imports);
      made += 1;
    }
  };
  lib = require("pay4power-auth") as typeof Library;
});
afterEach(() => {
  enter = () => {};
  globals.restore();
});

const JWT = "e30.e30.c2ln";
const trap = () => new WebAssembly.RuntimeError("unreachable");

const nameOf = (cause: unknown) => (cause as Error | undefined)?.name;

/** Has the next call into the core fail with this error, after `before`. */
function failWith(error: Error, before = () => {}): void {
  enter = (name) => {
    if (name !== "__wbindgen_start") {
      enter = () => {};
      before();
      throw error;
    }
  };
}

/** The error of a call of the package. */
function failure(): Library.AuthError {
  try {
    lib.decodeClaims(JWT);
  } catch (thrown) {
    assert.ok(lib.isAuthError(thrown));
    return thrown;
  }
  assert.fail("no error");
}

test("a trap is told as the cause, and what the code of a caller threw is not", () => {
  for (const [error, isTold] of [
    [trap(), true],
    [new RangeError("a secret"), false],
    [trap(), true],
  ] as const) {
    failWith(error);
    const { code, cause } = failure();
    assert.equal(code, "P4P_INTERNAL");
    assert.equal(nameOf(cause), isTold ? "RuntimeError" : undefined);
    assert.deepEqual(lib.decodeClaims(JWT), {});
  }
});

test("the first trap ends an instance, whatever its calls on the stack fail with", () => {
  failWith(trap(), () => {
    failWith(new RangeError("a secret"));
    assert.equal(failure().cause, undefined);
  });
  assert.equal(failure().cause, undefined);
  failWith(new RangeError("a secret"), () => {
    failWith(trap());
    assert.equal(nameOf(failure().cause), "RuntimeError");
  });
  assert.equal(nameOf(failure().cause), "RuntimeError");
});

test("no instance is made while one that has trapped is on the stack", async () => {
  const service = new FakeService();
  const failures: Library.AuthError[] = [];
  let before = 0;
  const client = lib.createClient({
    ...service.options,
    fetch: service.fetch,
    onEvent({ type }) {
      if (type === "exchange.start") {
        before = made;
        failWith(trap());
        for (let times = 0; times < 3; times++) {
          failures.push(failure());
        }
        assert.equal(made, before);
      }
    },
  });
  const timers = globals.holdTimers();
  await assert.rejects(client.getToken(), { code: "P4P_INTERNAL" });
  assert.deepEqual(timers, [], "none keeps the process alive");
  assert.equal(failures.length, 3);
  assert.deepEqual(new Set(failures.map(({ cause }) => nameOf(cause))), new Set(["RuntimeError"]));
  assert.deepEqual(lib.decodeClaims(JWT), {});
  assert.equal(made, before + 1);
  client.close();
});

test("an instance that ends while the core runs in it sends nothing more, and its exchange fails", async () => {
  const service = new FakeService();
  /** Ends the instance when the core asks for memory for the `place`th time. Returns false if it does not. */
  async function endsAt(place: number): Promise<boolean> {
    let asked = 0;
    let answered = 0;
    const sent: boolean[] = [];
    const client = lib.createClient({
      ...service.options,
      fetch: async () => {
        sent.push(asked >= place);
        answered += 1;
        return answered === 1
          ? new Response(null, { status: 503 })
          : service.fetch(service.options.tokenUrl);
      },
    });
    enter = (name) => {
      if (name === "__wbindgen_malloc") {
        asked += 1;
        if (asked === place) {
          failWith(trap());
          failure();
        }
      }
    };
    const code = await client.getToken().then(
      () => undefined,
      (error: Library.AuthError) => error.code,
    );
    enter = () => {};
    client.close();
    assert.equal(code, asked >= place ? "P4P_INTERNAL" : undefined);
    assert.ok(!sent.includes(true), `place ${place}`);
    return asked >= place;
  }
  let place = 1;
  while (await endsAt(place)) {
    place += 1;
  }
  assert.ok(place > 5, `${place} places`);
});

test("the promises of a caller's objects are left as they are", async () => {
  let calls = 0;
  const read = Object.assign(Promise.resolve({ done: true }), {
    catch() {
      calls += 1;
    },
  });
  const body = { getReader: () => ({ read: () => read, cancel: () => read }) };
  const answer = { [Symbol.toStringTag]: "Response", status: 200, headers: new Headers(), body };
  const fetch = (async () => answer) as never;
  await assert.rejects(lib.authenticate({ ...KEYS, retries: 0, fetch }), {
    code: "P4P_BAD_RESPONSE",
  });
  assert.equal(calls, 0);
});

test("without Buffer the Wasm is read too", () => {
  const { cache } = require;
  for (const file of Object.keys(cache)) {
    delete cache[file];
  }
  globals.set("Buffer", undefined);
  const fresh = require("pay4power-auth") as typeof Library;
  assert.notEqual(fresh, lib);
  assert.deepEqual(fresh.decodeClaims(JWT), {});
});
