// Every fault of the table, met by every call that can meet it.
import { expect } from "chai";
import type { AuthError, AuthenticateOptions, Client, ClientEvent } from "pay4power-auth";
import { engine } from "../portable/engine.ts";
import type { Case, Script, World } from "../portable/harness.ts";
import { scripted } from "../portable/harness.ts";
import { arrived } from "../portable/make.ts";
import { expectHidden } from "../portable/shown.ts";
import { answerOf, countingFetch } from "./answer.ts";
import { data, type Fault, GOOD, HELD_TOKEN, type Outcome, outcomeOn, TOKEN } from "./fault.ts";
import { GROUPS } from "./table.ts";

/** A gateway's token, which the exchange sends. The service may echo it. */
const AUTHORIZATION = "Bearer sandbox-gateway-token";

const MIB = 1024 ** 2;

/** An exchange reads 1 MiB. The rest is in buffers of the runtime and of the system, on both sides. */
const MOST_SENT_BYTES = 24 * MIB;

/** How long an exchange may take that the service never ends. It is its deadline. */
const SHORT_MS = 1_000;

/** The deadline of all other exchanges. Their code tells that it did not end them. */
const LONG_MS = 120_000;

/** Longer than any deadline here: a call that takes longer hangs. */
const HANGS_MS = 20_000;

type Service = ReturnType<typeof scripted>;

/** One fault on one runtime. */
interface Trial {
  readonly world: World;
  readonly fault: Fault;
  readonly outcome: Outcome;
  /** The address that no call may reach. */
  readonly other: Service;
}

type Call = (trial: Trial) => Promise<void>;

const names = ({ script }: Fault, text: string) => JSON.stringify(script).includes(text);

/** A service that answers with the fault. */
function faulty({ world, fault, other }: Trial): Service {
  const host = other.url.replace(/^http:\/\//, "");
  const script = JSON.stringify(fault.script)
    .replaceAll("$OTHER_HOST", host)
    .replaceAll("$OTHER", other.url);
  return scripted(world, JSON.parse(script) as Script);
}

const options = (world: World, tokenUrl: string, deadlineMs: number): AuthenticateOptions => ({
  publicKey: world.publicKey,
  privateKey: world.privateKey,
  authorization: AUTHORIZATION,
  tokenUrl,
  retries: 1,
  // Only the deadline ends an exchange whose answer does not end.
  timeoutMs: deadlineMs,
  deadlineMs,
  ...(world.browser && { dangerouslyAllowBrowser: true }),
});

const mayTimeOut = ({ outcome }: Trial) => outcome.exchange.endsWith("P4P_TIMEOUT");

const deadlineOf = (trial: Trial) => (mayTimeOut(trial) ? SHORT_MS : LONG_MS);

/** What a promise settles to. Fails if it hangs. */
async function settled<Value>(promise: Promise<Value>): Promise<Value | AuthError> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const hangs = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("it hangs")), HANGS_MS);
  });
  const ended = promise.catch((reason: AuthError) => reason);
  return Promise.race([ended, hangs]).finally(() => clearTimeout(timer));
}

/** Checks what an exchange ended in, how often the service was asked, and that nothing is left. */
async function expectExchanged(
  trial: Trial,
  ended: unknown,
  service: Service,
  more: unknown[],
  exchanges = 1,
) {
  const { world, outcome } = trial;
  const { code, retryable } = ended as AuthError;
  const isToken = ended instanceof world.lib.Token;
  const isRetried = retryable && code !== "P4P_TIMEOUT"; // then no time is left
  const found = isToken ? "a token" : `${code}${isRetried ? ", retried" : ""}`;
  const isChance = outcome.exchange === "P4P_NETWORK or P4P_TIMEOUT";
  if (!isChance || !outcome.exchange.includes(code)) {
    equal(found, outcome.exchange, `${ended}; ${(ended as AuthError).cause}`);
  }
  equal(retryable, isToken ? undefined : isRetried || code === "P4P_TIMEOUT", "retryable");
  expectHidden([ended, ...more], world.privateKey, AUTHORIZATION, TOKEN);
  const calls = await released(trial, service);
  if (!isChance) {
    equal(calls.length, exchanges * (isRetried ? 2 : 1) * outcome.times, "requests");
  }
}

/** Waits until the service has no connection left, and returns what it was asked. */
async function released({ fault }: Trial, service: Service) {
  const calls = await settled(service.callsReleased());
  if (calls instanceof Error) {
    throw calls;
  }
  for (const { sentBytes } of fault.isLarge ? calls : []) {
    expect(sentBytes, "bytes sent").to.be.below(MOST_SENT_BYTES);
  }
  return calls;
}

function equal<Value>(found: Value, expected: Value, about: string): void {
  if (found !== expected) {
    throw new Error(`expected ${expected}, found ${found} (${about})`);
  }
}

/** Uses a client, and closes it. */
async function withClient(
  world: World,
  tokenUrl: string,
  deadlineMs: number,
  use: (client: Client, events: ClientEvent[]) => Promise<void>,
): Promise<void> {
  const events: ClientEvent[] = [];
  const client = world.lib.createClient({
    ...options(world, tokenUrl, deadlineMs),
    baseUrl: world.scriptUrl,
    onEvent: (event) => events.push(event),
  });
  try {
    await use(client, events);
  } finally {
    client.close();
  }
}

const exchangesOnce: Call = async (trial) => {
  const { world } = trial;
  const service = faulty(trial);
  const given = options(world, service.url, deadlineOf(trial));
  const found = await settled(world.lib.authenticate(given));
  await expectExchanged(trial, found, service, []);
};

/** A large answer: the exchange reads nothing more after the piece with which it has read more than 1 MiB. */
const readsLittle: Call = async (trial) => {
  const { world } = trial;
  const service = faulty(trial);
  const { counts, fetch } = countingFetch();
  const given = options(world, service.url, deadlineOf(trial));
  const found = await settled(world.lib.authenticate({ ...given, fetch }));
  for (const { bytes, lastBytes } of counts) {
    expect(bytes - lastBytes, "bytes read before the last piece").to.be.at.most(MIB);
  }
  await expectExchanged(trial, found, service, []);
};

const endsCooldown = ({ type, reason }: ClientEvent & { readonly reason?: string }) =>
  type === "cooldown.end" && reason === "over";

const getsToken: Call = async (trial) => {
  const { world } = trial;
  const service = faulty(trial);
  await withClient(world, service.url, deadlineOf(trial), async (client, events) => {
    const found = await settled(client.getToken());
    if (!mayTimeOut(trial)) {
      // A failure is remembered: the second call sends nothing. A time-out may be the caller's own.
      const again = await settled(client.getToken());
      equal((again as AuthError).code, (found as AuthError).code, "asked again");
    }
    // On a busy machine the cool-down of a second may be over by then.
    const exchanges = 1 + events.filter(endsCooldown).length;
    await expectExchanged(trial, found, service, [events, client.state()], exchanges);
  });
};

const needsToken: Call = async (trial) => {
  const { world, outcome } = trial;
  const service = faulty(trial);
  const api = scripted(world, { body: "{}" });
  await withClient(world, service.url, deadlineOf(trial), async (client, events) => {
    const answer = await settled(client.fetch(api.url, { method: "POST", body: "{}" }));
    const sent = await api.calls();
    if (outcome.exchange !== "a token") {
      equal(sent.length, 0, "payments");
      return expectExchanged(trial, answer, service, [events]);
    }
    equal((answer as Response).status, 200, String(answer));
    await (answer as Response).text();
    const token = await client.getToken();
    equal(sent.length, 1, "payments");
    equal(sent[0]?.headers["authorization"], `Bearer ${token.value}`, "Authorization");
    return expectExchanged(trial, token, service, [events]);
  });
};

/** A request whose answer has the fault. */
const meets =
  (method: "GET" | "POST"): Call =>
  async (trial) => {
    const { world, outcome } = trial;
    // A 401 costs another exchange, with another token.
    const service = scripted(world, {
      inTurn: ["1", "2"].map((end) => ({ body: data({ token: `${HELD_TOKEN}${end}` }) })),
    });
    const api = faulty(trial);
    await withClient(world, service.url, LONG_MS, async (client) => {
      const controller = new AbortController();
      const body = method === "POST" ? { body: '{"reference":"payment-1"}' } : {};
      const fetched = client.fetch(api.url, { method, signal: controller.signal, ...body });
      const { answer, thrown } = await answerOf(fetched, {
        controller,
        expected: outcome.answer,
        arrived: () => arrived(api),
        mostBytes: MIB,
        hangsMs: HANGS_MS,
      });
      equal(answer, outcome.answer, `${thrown}`);
      equal(world.lib.isAuthError(thrown), false, "an AuthError");
      expectHidden(thrown, world.privateKey, HELD_TOKEN);
      const calls = await released(trial, api);
      if (method === "POST") {
        equal(calls.length, outcome.sent * outcome.times, "payments");
      }
    });
  };

const EXCHANGES: readonly (readonly [name: string, call: Call])[] = [
  ["authenticate", exchangesOnce],
  ["getToken", getsToken],
  ["client.fetch, for its token", needsToken],
];
const REQUESTS: readonly (readonly [name: string, call: Call])[] = [
  ["client.fetch, POST", meets("POST")],
  ["client.fetch, GET", meets("GET")],
];

/** Meets a fault with each call, or with one of each kind, and fails with all that was wrong. */
async function meet(world: World, fault: Fault, index: number): Promise<void> {
  const other = scripted({ scriptUrl: world.otherUrl }, { body: GOOD });
  const trial = { world, fault, outcome: outcomeOn(fault, engine()), other };
  const calls = [EXCHANGES, REQUESTS].flatMap((all) =>
    world.thorough ? all : all.slice(index % all.length).slice(0, 1),
  );
  if (fault.isLarge) {
    calls.push(["authenticate, counted", readsLittle]);
  }
  const wrong: string[] = [];
  for (const [name, call] of calls) {
    await call(trial).catch(({ message }: Error) => wrong.push(`${name}: ${message}`));
  }
  const strayed = names(fault, "$OTHER") ? await other.calls() : [];
  if (strayed.length > 0) {
    wrong.push(`${strayed.length} requests to another origin`);
  }
  if (wrong.length > 0) {
    throw new Error(wrong.join("\n"));
  }
}

export const faultCases: readonly Case[] = GROUPS.flatMap(({ title, faults }) =>
  faults.map((fault, index) => ({
    name: `${title}: ${fault.name}`,
    run: (world: World) => meet(world, fault, index),
  })),
);
