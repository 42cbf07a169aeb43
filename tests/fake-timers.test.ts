// Fake timers, as test frameworks install them: Vitest, Jest and Sinon all do it by @sinonjs/fake-timers.
import assert from "node:assert/strict";
import { before, describe, mock, test } from "node:test";
import FakeTimers from "@sinonjs/fake-timers";
import type * as Library from "pay4power-auth";
import { KEYS } from "../sandbox/service.ts";
import { accepted, jwt } from "./portable/harness.ts";
import { loadLibrary } from "./support/installed.ts";

const HOUR_MS = 3_600_000;
const realNow = Date.now;

let library: typeof Library;

before(async () => {
  library = await loadLibrary("fake-timers");
});

/** A service that goes by the real clock, whatever this process takes for the time. */
async function service(): Promise<Response> {
  const iat = Math.floor(realNow() / 1_000);
  const exp = iat + HOUR_MS / 1_000;
  const token = jwt({ iat, exp, jti: crypto.randomUUID() });
  return new Response(accepted({ token, expiresAt: exp }));
}

/** Fake timers that were installed. */
interface Timers {
  /** Has that much time pass at once. */
  pass(ms: number): void;
  uninstall(): void;
}

type Fakes = NonNullable<Parameters<typeof FakeTimers.install>[0]>;

/** Without what would keep a promise from settling, as all frameworks leave that out. */
const SPARED: Fakes = { toNotFake: ["nextTick", "queueMicrotask"] };
const TIMERS = ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] as const;

function sinon(options: Fakes): Timers {
  const clock = FakeTimers.install(options);
  return { pass: (ms) => clock.tick(ms), uninstall: () => clock.uninstall() };
}

const frameworks: Record<string, () => Timers> = {
  "Sinon, from the epoch on": () => sinon(SPARED),
  "Jest and Sinon, from now on": () => sinon({ now: realNow(), ...SPARED }),
  "Vitest before 3": () => sinon({ now: realNow(), toFake: [...TIMERS, "Date"] }),
  "Vitest from 3 on": () => sinon({ now: realNow(), toFake: [...TIMERS, "Date", "performance"] }),
  "the Date only": () => sinon({ now: realNow(), toFake: ["Date"] }),
  "a Date that is set, and no timer rings": () => {
    const clock = FakeTimers.install({ now: realNow(), ...SPARED });
    const pass = (ms: number) => clock.setSystemTime(Date.now() + ms);
    return { pass, uninstall: () => clock.uninstall() };
  },
  "node:test": () => {
    mock.timers.enable({ apis: ["Date", "setTimeout", "setInterval"], now: realNow() });
    return { pass: (ms) => mock.timers.tick(ms), uninstall: () => mock.timers.reset() };
  },
};

for (const [framework, install] of Object.entries(frameworks)) {
  describe(framework, () => {
    for (const isFirst of [true, false]) {
      test(`no token is handed out that has ended; installed ${isFirst ? "before" : "after"} the client`, async () => {
        let timers = isFirst ? install() : undefined;
        const client = library.createClient({ ...KEYS, fetch: service });
        const good = async (): Promise<Library.Token> => {
          const token = await client.getToken();
          assert.equal(token.isExpired(), false);
          return token;
        };
        try {
          const first = await good();
          timers ??= install();
          await good();
          timers.pass(2 * HOUR_MS);
          const second = await good();
          assert.notEqual(second, first);
          assert.equal(await good(), second);
          timers.pass(HOUR_MS / 6);
          const third = await good(); // the second, or one that was got ahead
          timers.pass(HOUR_MS);
          assert.notEqual(await good(), third);
        } finally {
          timers?.uninstall();
        }
        await good();
        client.close();
      });
    }

    if (framework.includes("Date")) {
      return; // no timer rings there, or they are the real ones
    }
    test("a service that is silent is given up when the time has passed", async () => {
      for (const kind of ["authenticate", "getToken"] as const) {
        const timers = install();
        const options = { ...KEYS, fetch: () => new Promise<Response>(() => {}) };
        const client = library.createClient(options);
        try {
          const asked = kind === "getToken" ? client.getToken() : library.authenticate(options);
          let code: unknown;
          const settled = asked.catch((error: Library.AuthError) => {
            code = error.code;
          });
          for (let seconds = 0; seconds < 60 && code === undefined; seconds++) {
            timers.pass(1_000);
            for (let turns = 0; turns < 200; turns++) {
              await undefined;
            }
          }
          await settled;
          assert.equal(code, "P4P_TIMEOUT", kind);
        } finally {
          timers.uninstall();
          client.close();
        }
      }
    });
  });
}
