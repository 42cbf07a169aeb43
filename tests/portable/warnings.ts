// Mistakes that are no reason to fail: a warning on the console, once.
import { expect } from "chai";
import type { Case, World } from "./harness.ts";
import { failure, good } from "./make.ts";

/** Returns what `run` prints as warnings. */
async function warningsOf(run: () => unknown): Promise<string[]> {
  const { warn } = console;
  const texts: string[] = [];
  console.warn = (...words: unknown[]) => {
    texts.push(words.join(" "));
  };
  try {
    await run();
  } finally {
    console.warn = warn;
  }
  return texts;
}

const clientWith = (world: World, more: object) => () =>
  world.lib.createClient({ ...good(world), ...more }).close();

export const warningCases: Case[] = [
  {
    name: "an unknown option is told once, with the name that was meant, and never with a secret",
    async run(world) {
      const misspelt = clientWith(world, { refresh_ahead: 0.1, requestTimeout: 5 });
      expect(await warningsOf(misspelt)).to.deep.equal([
        'pay4power-auth: an option with another name is ignored; did you mean "refreshAhead"?',
        'pay4power-auth: an option "requestTimeout" is ignored',
      ]);
      expect(await warningsOf(misspelt)).to.deep.equal([]);
      const swapped = clientWith(world, { [world.privateKey]: "privateKey" });
      expect(await warningsOf(swapped)).to.deep.equal([
        "pay4power-auth: an option with another name is ignored",
      ]);
      const { lib } = world;
      const exchange = { ...good(world), Signal: 1 };
      expect(await warningsOf(() => lib.authenticate(exchange))).to.deep.equal([
        'pay4power-auth: an option "Signal" is ignored; did you mean "signal"?',
      ]);
    },
  },
  {
    name: "known options, and a console that throws, bring no warning and no failure",
    async run(world) {
      const all = { refreshAhead: 0.1, requestTimeoutMs: 5, onEvent: () => {}, timeoutMs: 30_000 };
      expect(await warningsOf(clientWith(world, all))).to.deep.equal([]);
      const { warn } = console;
      console.warn = () => {
        throw new Error("a console that throws");
      };
      try {
        clientWith(world, { unheardOf: true })();
      } finally {
        console.warn = warn;
      }
    },
  },
  {
    name: "a `timeoutMs` above `deadlineMs` is told once",
    async run(world) {
      const long = clientWith(world, { timeoutMs: 5_001, deadlineMs: 5_000 });
      expect(await warningsOf(long)).to.deep.equal([
        "pay4power-auth: `timeoutMs` (5001) is above `deadlineMs` (5000), which ends it",
      ]);
      expect(await warningsOf(long)).to.deep.equal([]);
      // The default of `timeoutMs` may be above a short deadline.
      expect(await warningsOf(clientWith(world, { deadlineMs: 5_000 }))).to.deep.equal([]);
      const error = await failure(
        world.lib.authenticate({ ...good(world), timeoutMs: 9, deadlineMs: -1 }),
      );
      expect(error.code).to.equal("P4P_INVALID_OPTIONS");
    },
  },
];
