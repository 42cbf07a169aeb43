// Mistakes that are no reason to fail: a warning on the console, once.
import { expect } from "chai";
import type { Case, World } from "./harness.ts";
import { failure, good } from "./make.ts";
import { expectHidden } from "./shown.ts";

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

/** Returns a name that no case has used in this process, where each warning is printed once. */
const newName = () =>
  `misspelt${Math.random()
    .toString(36)
    .replaceAll(/[^a-z]/g, "")
    .slice(0, 8)}`;

const clientWith = (world: World, more: object) => () =>
  world.lib.createClient({ ...good(world), ...more }).close();

export const warningCases: Case[] = [
  {
    name: "an unknown option is told once, and never with a secret",
    async run(world) {
      const [name, other] = [newName(), newName()];
      const misspelt = clientWith(world, { [name]: 0.1, [other]: null });
      expect(await warningsOf(misspelt)).to.deep.equal([
        `pay4power-auth: ignored the unknown option \`${name}\``,
        `pay4power-auth: ignored the unknown option \`${other}\``,
      ]);
      expect(await warningsOf(misspelt)).to.deep.equal([]);
      // What is no plain word may be a key: the warning leaves it out, and so is printed once for all of them.
      const keys = [world.privateKey, `${name}7`, `7${name}`, `_${name}`, name.padEnd(41, "a")];
      for (const key of keys) {
        const told = await warningsOf(clientWith(world, { [key]: 1 }));
        expect(["", "pay4power-auth: ignored the unknown option"]).to.include(told.join());
      }
      const swapped = clientWith(world, { [world.privateKey]: "privateKey", [newName()]: 1 });
      expectHidden(await warningsOf(swapped), world.privateKey);
      const { lib } = world;
      const exchange = { ...good(world), [`${name}x`]: 1 };
      expect(await warningsOf(() => lib.authenticate(exchange))).to.deep.equal([
        `pay4power-auth: ignored the unknown option \`${name}x\``,
      ]);
    },
  },
  {
    name: "known options bring no warning",
    async run(world) {
      const all = { refreshAhead: 0.1, requestTimeoutMs: 5, onEvent: () => {}, timeoutMs: 30_000 };
      expect(await warningsOf(clientWith(world, all))).to.deep.equal([]);
    },
  },
  {
    name: "a `timeoutMs` above `deadlineMs` is told once",
    async run(world) {
      const deadlineMs = 1_000 + Math.floor(Math.random() * 100_000);
      const timeoutMs = deadlineMs + 1;
      const long = clientWith(world, { timeoutMs, deadlineMs });
      expect(await warningsOf(long)).to.deep.equal([
        `pay4power-auth: \`timeoutMs\` (${timeoutMs}) is above \`deadlineMs\` (${deadlineMs}), which applies`,
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
