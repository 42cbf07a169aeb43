// How often each request arrives, for each way in which its connection or its answer can fail: sent by the runtime's own
// fetch, and by the client.
import { expect } from "chai";
import { engine } from "./engine.ts";
import { type Case, type Script, scripted, type World } from "./harness.ts";
import { FAILURES, type Failure, isSafe, REPEATS, REQUESTS, type Sent } from "./ledger-table.ts";
import { arrived, clientOf, leaveConnections } from "./make.ts";

const HOUR: Script = { lifetimeS: 3_600 };

type Fetch = typeof fetch;

/** How often a platform may choose a new connection although another one is free. */
const MAX_TRIES = 10;

/** Sends a request that fails, and returns how it has arrived. */
async function arrivalsOf(world: World, send: Fetch, failure: Failure, sent: Sent) {
  for (let tries = 1; ; tries++) {
    if (failure.isReused) {
      await leaveConnections(world, send, isSafe(sent) ? {} : { method: "POST", body: "warm" });
    }
    const calls = await arrivalsOnce(world, send, failure, sent);
    if (!failure.isReused || calls[0]?.isReused || tries === MAX_TRIES) {
      return calls;
    }
  }
}

async function arrivalsOnce(world: World, send: Fetch, failure: Failure, sent: Sent) {
  const api = scripted(world, failure.script);
  const controller = new AbortController();
  const settled = send(api.url, { ...sent, redirect: "manual", signal: controller.signal })
    .then((answer) => answer.text())
    .catch(() => {}); // tests/faults/ checks what the caller gets
  if (failure.leaves) {
    await arrived(api);
    controller.abort();
  }
  await settled;
  return api.calls();
}

/** What is expected of a request. */
function expectedOf({ name, inShort = "", isReused }: Failure, sent: Sent) {
  const { family } = engine();
  const row = REPEATS.find(({ engines }) => engines.includes(family));
  const isOf = row?.failures.includes(inShort) && !row.except?.includes(name);
  const repeatsAlone = Boolean(isOf && row?.repeats(sent));
  const isGuarded = row?.guard !== undefined && !isSafe(sent);
  return {
    isReused: isReused ?? false,
    repeatsAlone,
    repeatsByClient: repeatsAlone && !isGuarded,
    isReusedByClient: (isReused ?? false) && !(isGuarded && row?.takesNewConnections),
  };
}

export const ledgerCases: Case[] = FAILURES.map((failure) => ({
  name: `how often a request arrives if ${failure.name}`,
  load: true,
  async run(world: World) {
    for (const sent of REQUESTS) {
      const { client } = clientOf(world, HOUR, { baseUrl: world.scriptUrl });
      await client.getToken();
      const alone = await arrivalsOf(world, fetch, failure, sent);
      const byClient = await arrivalsOf(world, client.fetch, failure, sent);
      client.close();
      const expected = expectedOf(failure, sent);
      const found = {
        isReused: alone[0]?.isReused,
        repeatsAlone: alone.length > 1,
        repeatsByClient: byClient.length > (failure.sent ?? 1),
        isReusedByClient: byClient[0]?.isReused,
      };
      const about = `${sent.method}${sent.body === undefined ? "" : " with a body"}`;
      expect(found, `${about} on ${engine().family}`).to.deep.equal(expected);
      expect(byClient.length, about).to.be.at.least(failure.sent ?? 1);
    }
  },
}));
