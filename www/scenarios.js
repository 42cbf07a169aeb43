// @ts-check
// What the buttons do. Each has the lines of code that it shows, and words that are made from what then happened.
import { setWallClockAhead, suspend, timeSuspendedMs, wallClockAheadMs } from "./clocks.js";
import { TOKEN_PATH } from "./sandbox.js";
import * as tell from "./sentences.js";

/**
 * @typedef {import("./session.js").Session} Session
 * @typedef {import("./session.js").Call} Call
 * @typedef {import("./sentences.js").Happened} Happened
 *
 * @typedef {object} Scenario
 * @property {string} id
 * @property {"use" | "break" | "lose"} group
 * @property {string} label
 * @property {string} code
 * @property {string} [doing] what the page says meanwhile
 * @property {(session: Session) => Promise<Call[]> | Call[]} run returns the calls that it made
 * @property {(happened: Happened) => string} tell
 * @property {() => boolean} [isOn] whether a button that switches is on
 */

const HOUR_MS = 3_600_000;
const WRONG_KEY = "PRIV_KEY_sandbox-wrong";

/** Makes calls at the same time. @param {Session} session @param {number} number */
const callsAtOnce = (session, number) =>
  Promise.all(Array.from({ length: number }, () => session.call()));

/** Makes the next answers to an exchange fail, drops the token, and makes calls that need a new one. */
const withFault =
  (/** @type {object} */ fault, /** @type {number} */ calls) =>
  async (/** @type {Session} */ session) => {
    await session.sandbox.failNext({ path: TOKEN_PATH, ...fault });
    session.client.invalidate();
    return callsAtOnce(session, calls);
  };

/** Pays, and looks the payment up if its answer was lost. @param {Session} session @param {object} [fault] */
async function pay(session, fault) {
  if (fault) {
    await session.sandbox.failNext({ path: "/vend", ...fault });
  }
  const reference = crypto.randomUUID();
  const payment = await session.pay(reference);
  return payment.body?.success ? [payment] : [payment, await session.lookUp(reference)];
}

/** Calls until a call has an answer. @param {Session} session */
async function callUntilAnswered(session) {
  await session.sandbox.failNext({ path: TOKEN_PATH, status: 503, forMs: 5_000 });
  session.client.invalidate();
  /** @type {Call[]} */
  const calls = [];
  do {
    calls.push(await session.call());
    await new Promise((resolve) => setTimeout(resolve, 400));
  } while (calls.at(-1)?.status !== 200 && calls.length < 60);
  return calls;
}

const PAY_CODE = `await client.fetch("/vend", { method: "POST", body });
// no answer, or no success: look its reference up`;

/** @type {readonly Scenario[]} */
export const SCENARIOS = [
  {
    id: "one",
    group: "use",
    label: "One call",
    code: `const answer = await client.fetch("/services");`,
    run: (session) => callsAtOnce(session, 1),
    tell: tell.calls,
  },
  {
    id: "hundred",
    group: "use",
    label: "100 calls now",
    code: `await Promise.all(
  requests.map((path) => client.fetch(path)),
);`,
    run: (session) => callsAtOnce(session, 100),
    tell: tell.calls,
  },
  {
    id: "pay",
    group: "use",
    label: "Pay",
    code: PAY_CODE,
    run: (session) => pay(session),
    tell: tell.payment,
  },
  {
    id: "look-up",
    group: "use",
    label: "Look up",
    code: `await client.fetch(\`/requery?service=electricity&reference=\${reference}\`);`,
    run: async (session) => {
      const reference = session.references.at(-1);
      return reference === undefined ? [] : [await session.lookUp(reference)];
    },
    tell: tell.lookUp,
  },
  {
    id: "invalidate",
    group: "use",
    label: "invalidate()",
    code: "client.invalidate(); // drops the token, sends nothing",
    run: (session) => {
      session.client.invalidate();
      return [];
    },
    tell: tell.invalidated,
  },
  {
    id: "reset",
    group: "use",
    label: "reset()",
    code: "client.reset(); // the cause is repaired",
    run: (session) => {
      session.client.reset();
      return [];
    },
    tell: tell.reset,
  },
  {
    id: "wrong",
    group: "break",
    label: "Wrong keys",
    code: `const client = createClient({ credentials });
await client.fetch("/services"); // three times`,
    run: async (session) => {
      session.setPrivateKey(WRONG_KEY);
      session.restart();
      return [...(await callsAtOnce(session, 2)), await session.call()];
    },
    tell: tell.rejectedKeys,
  },
  {
    id: "right",
    group: "break",
    label: "Right keys",
    code: `// credentials() returns the right keys now
client.reset();
await client.fetch("/services");`,
    run: (session) => {
      session.setPrivateKey();
      session.client.reset();
      return callsAtOnce(session, 1);
    },
    tell: tell.acceptedKeys,
  },
  {
    id: "revoke",
    group: "break",
    label: "Revoke all tokens",
    code: `// the service refuses every token that it has issued
await Promise.all(tenPaths.map((path) => client.fetch(path)));`,
    run: async (session) => {
      await session.sandbox.change({ revokeAll: true });
      return callsAtOnce(session, 10);
    },
    tell: tell.revoked,
  },
  {
    id: "limit",
    group: "break",
    label: "429, Retry-After",
    code: `// the next token call gets 429 with Retry-After: 3
const answer = await client.fetch("/services");`,
    doing: "The service asks the client to wait 3 s.",
    run: withFault({ status: 429, headers: { "Retry-After": "3" } }, 1),
    tell: tell.waitedAsAsked,
  },
  {
    id: "outage",
    group: "break",
    label: "503 for 5 s",
    code: `// token calls get 503 for 5 s; the page calls until one succeeds
await client.fetch("/services");`,
    doing: "Token calls get 503. The page calls until a call has an answer, in about 10 s.",
    run: callUntilAnswered,
    tell: tell.outage,
  },
  {
    id: "slow",
    group: "break",
    label: "Slow",
    code: `// the next token call takes 2 seconds
await Promise.all(fivePaths.map((path) => client.fetch(path)));`,
    doing: "The service takes 2 s for the token call.",
    run: withFault({ latencyMs: 2_000 }, 5),
    tell: tell.calls,
  },
  {
    id: "hang",
    group: "break",
    label: "Hang",
    code: `createClient({ …, timeoutMs: 3_000 }); // no answer comes
await client.fetch("/services");`,
    doing: "The service does not answer the token call.",
    run: withFault({ kind: "hang" }, 1),
    tell: tell.hung,
  },
  {
    id: "clock",
    group: "break",
    label: "Clock six hours off",
    code: `// Date.now() is 6 hours ahead
const answer = await client.fetch("/services");`,
    run: (session) => {
      setWallClockAhead(wallClockAheadMs() === 0 ? 6 * HOUR_MS : 0);
      return callsAtOnce(session, 1);
    },
    tell: (happened) => tell.clock(happened, wallClockAheadMs() !== 0),
    isOn: () => wallClockAheadMs() !== 0,
  },
  {
    id: "suspend",
    group: "break",
    label: "Suspend for a minute",
    code: `// Date.now() and the service go on, performance.now() does not
await client.fetch("/services");`,
    run: async (session) => {
      suspend(60_000);
      await session.sandbox.change({ shiftMs: timeSuspendedMs() });
      return callsAtOnce(session, 1);
    },
    tell: tell.suspended,
  },
  {
    id: "reset-before",
    group: "lose",
    label: "Reset before it is booked",
    code: PAY_CODE,
    run: (session) => pay(session, { kind: "reset", when: "before" }),
    tell: tell.payment,
  },
  {
    id: "reset-after",
    group: "lose",
    label: "Reset after it is booked",
    code: PAY_CODE,
    run: (session) => pay(session, { kind: "reset", when: "after" }),
    tell: tell.payment,
  },
  {
    id: "cut",
    group: "lose",
    label: "Cut its answer",
    code: PAY_CODE,
    run: (session) => pay(session, { kind: "break", when: "after" }),
    tell: tell.payment,
  },
];
