// The border between the core and its host: every way into the Wasm, timers, and what callers' own code does in
// the middle of an exchange. Wants the package built with the feature `trap`: src/wasm/trap.rs.
import { expect } from "chai";
import type { AuthError } from "pay4power-auth";
import type { Case } from "./harness.ts";
import { clientOf, eventually, failure } from "./make.ts";
import {
  accepts,
  answers,
  collected,
  expectDefect,
  expectDefectOr,
  HOUR,
  host,
  keys,
  memoriesMadeBy,
  seen,
  silent,
  trap,
  withEntries,
  withTimersOfCore,
} from "./trap-support.ts";

export const borderCases: readonly Case[] = seen([
  {
    name: "a trap at any way into the core fails what is under way, and nothing of it escapes",
    async run(world) {
      const options = (fetch: typeof globalThis.fetch, more = {}) => ({
        ...keys(world, HOUR),
        retries: 0,
        fetch,
        ...more,
      });
      const { authenticate, createClient } = world.lib;
      const ways: Record<string, () => Promise<unknown>> = {
        accepted: () => authenticate(options(accepts)),
        refused: () => authenticate(options(answers(401, { success: false, errors: ["no"] }))),
        broken: () => authenticate(options(() => Promise.reject(new Error("broken")))),
        late: () => authenticate(options(silent, { timeoutMs: 1 })),
        async aborted() {
          const controller = new AbortController();
          const { signal } = controller;
          const fetch = () => {
            controller.abort();
            return silent();
          };
          await authenticate(options(fetch, { signal }));
        },
        async client() {
          const client = createClient(options(accepts));
          try {
            await client.getToken();
            client.invalidate();
            await client.getToken();
          } finally {
            client.close();
          }
        },
      };
      let left = 0;
      const enter = () => {
        left -= 1;
        if (left === 0) {
          throw new WebAssembly.RuntimeError("unreachable");
        }
      };
      await withEntries(world, enter, async () => {
        for (const [name, run] of Object.entries(ways)) {
          let sprung = 0;
          for (; ; sprung++) {
            left = sprung + 1;
            const error = await run().then(
              () => undefined,
              (thrown: AuthError) => thrown,
            );
            if (left > 0) {
              break; // it has come to its end before
            }
            left = 0;
            if (error instanceof world.lib.AuthError) {
              expectDefectOr(world, error, [
                "P4P_CREDENTIALS_REJECTED",
                "P4P_NETWORK",
                "P4P_TIMEOUT",
              ]);
            } else if (error !== undefined) {
              expect(error, `${name}, ${sprung}`).to.include({ name: "AbortError" });
            }
          }
          left = 0;
          expect(sprung, name).to.be.above(5);
          await authenticate(options(accepts));
        }
      });
    },
  },
  {
    name: "a trap when garbage is collected is no trouble",
    async run(world) {
      let sprung = 0;
      let isWanted = false;
      const enter = (name: string) => {
        if (isWanted && /_free$|destroy_closure/.test(name)) {
          isWanted = false;
          sprung += 1;
          throw new WebAssembly.RuntimeError("unreachable");
        }
      };
      await withEntries(world, enter, async () => {
        for (let times = 0; times < 10; times++) {
          const { client } = clientOf(world, HOUR);
          await client.getToken();
        }
        isWanted = true;
        await collected();
        isWanted = false;
        await world.lib.authenticate(keys(world, HOUR));
      });
      expect(sprung).to.equal(host.gc ? 1 : sprung);
    },
  },
  {
    name: "a core that stops without a trap is replaced, and what is under way fails",
    async run(world) {
      const options = { timeoutMs: 20, retries: 0, fetch: silent };
      const { client } = clientOf(world, HOUR, options);
      const memories = await memoriesMadeBy(async () => {
        await withTimersOfCore(
          () => 0, // they never ring
          async () => {
            const waits = [
              failure(world.lib.authenticate({ ...keys(world, HOUR), ...options })),
              ...Array.from({ length: 10 }, () => failure(client.getToken())),
            ];
            for (const error of await Promise.all(waits)) {
              expectDefect(world, error);
            }
          },
        );
        await world.lib.authenticate(keys(world, HOUR));
      });
      expect(memories).to.have.length(1);
      expect(await failure(client.getToken())).to.include({ code: "P4P_TIMEOUT" });
      client.close();
    },
  },
  {
    name: "a core that has ended leaves no timer behind",
    async run(world) {
      const set = new Set<unknown>();
      const { setTimeout, clearTimeout } = globalThis;
      globalThis.clearTimeout = ((timer) => {
        set.delete(timer);
        clearTimeout(timer);
      }) as typeof clearTimeout;
      try {
        const ring = (callback: () => void, ms: number) => {
          const timer = setTimeout(callback, ms);
          set.add(timer);
          return timer;
        };
        await withTimersOfCore(ring, async () => {
          const waits = failure(world.lib.authenticate({ ...keys(world, HOUR), fetch: silent }));
          await eventually(() => set.size === 1);
          await trap(world);
          expect(set.size).to.equal(0);
          expectDefect(world, await waits);
        });
      } finally {
        globalThis.clearTimeout = clearTimeout;
      }
    },
  },
  {
    name: "timers that ring late, again, or all in one turn are no sign of a trap",
    async run(world) {
      const timers: (() => void)[] = [];
      const { client } = clientOf(world, { ...HOUR, held: true });
      const waits = failure(client.getToken());
      const memories = await memoriesMadeBy(async () => {
        const { setTimeout } = globalThis;
        const ring = (callback: () => void, ms: number) => {
          timers.push(callback);
          return setTimeout(callback, ms);
        };
        await withTimersOfCore(ring, async () => {
          await world.lib.authenticate(keys(world, HOUR)); // whose timer is cleared
          const late = { ...keys(world, HOUR), fetch: silent, timeoutMs: 10, retries: 0 };
          expect(await failure(world.lib.authenticate(late))).to.include({ code: "P4P_TIMEOUT" });
        });
        for (const ringAgain of timers) {
          ringAgain();
        }
        expect(timers.length).to.be.above(1);

        const made: { run: () => void; ms: number }[] = [];
        globalThis.setTimeout = ((run: () => void, ms = 0) => made.push({ run, ms })) as never;
        const late = failure(
          world.lib.authenticate({
            ...keys(world, HOUR),
            fetch: silent,
            timeoutMs: 500,
            retries: 0,
          }),
        );
        try {
          for (let turns = 0; turns < 100; turns++) {
            await undefined;
          }
        } finally {
          globalThis.setTimeout = setTimeout;
        }
        for (const { run } of made.sort((one, other) => one.ms - other.ms)) {
          run();
        }
        expect(await late).to.include({ code: "P4P_TIMEOUT" });
      });
      expect(memories).to.have.length(0);
      client.close();
      expect((await waits).code).to.equal("P4P_CLOSED");
    },
  },
  {
    name: "a fetch that throws, or answers with a promise of its own making, harms nobody",
    async run(world) {
      const { client } = clientOf(world, { ...HOUR, held: true });
      const waits = failure(client.getToken());
      const own = { ...keys(world, HOUR), retries: 0 };
      const memories = await memoriesMadeBy(async () => {
        const thrower = () => {
          throw new Error("no");
        };
        expect(await failure(world.lib.authenticate({ ...own, fetch: thrower }))).to.include({
          code: "P4P_NETWORK",
        });
        type Then = (resolve: (answer: Response) => void) => void;
        const thenables: ((answer: Response) => Then)[] = [
          (answer) => (resolve) => resolve(answer),
          (answer) => (resolve) => {
            resolve(answer);
            resolve(answer);
            throw new Error("late");
          },
        ];
        for (const thenOf of thenables) {
          for (const made of [{}, accepts()]) {
            Reflect.set(made, "then", thenOf(await accepts()));
            await world.lib.authenticate({ ...own, fetch: () => made as never });
          }
        }
      });
      expect(memories).to.have.length(0);
      client.close();
      expect((await waits).code).to.equal("P4P_CLOSED");
    },
  },
  {
    name: "a fetch, a listener and a store may use the client in the middle of an exchange",
    async run(world) {
      let inner: unknown[] = [];
      let isAsked = false;
      const use = () => {
        if (!isAsked) {
          isAsked = true;
          inner.push(
            client.getToken(),
            world.lib.authenticate({ ...keys(world, HOUR), fetch: accepts }),
          );
          client.invalidate();
          client.reset();
        }
      };
      const store = { get: async () => use(), set: async () => use(), delete: async () => use() };
      const fetch = () => {
        use();
        return accepts();
      };
      const ways = [{ onEvent: use }, { fetch }, { store: store as never }];
      let { client } = clientOf(world, HOUR);
      const memories = await memoriesMadeBy(async () => {
        for (const way of ways) {
          isAsked = false;
          inner = [];
          client = clientOf(world, HOUR, { fetch: accepts, ...way }).client;
          await client.getToken();
          await Promise.all(inner);
          expect(inner).to.have.length(2);
          client.close();
        }
        for (const place of ["onEvent", "fetch", "store"] as const) {
          const close = () => client.close();
          const closing = {
            onEvent: { onEvent: close },
            fetch: {
              fetch: () => {
                close();
                return accepts();
              },
            },
            store: {
              store: {
                get: async () => close(),
                set: async () => {},
                delete: async () => {},
              } as never,
            },
          }[place];
          client = clientOf(world, HOUR, { fetch: accepts, ...closing }).client;
          expect(await failure(client.getToken()), place).to.include({ code: "P4P_CLOSED" });
        }
      });
      expect(memories).to.have.length(0);
    },
  },
]);
