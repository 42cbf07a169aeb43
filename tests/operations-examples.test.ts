// The code of docs/operations.md does what the document says. So do the Worker's log lines.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import type * as Library from "pay4power-auth";
import type { Client, ClientEvent, ClientOptions, Credentials } from "pay4power-auth";
import type { CoordinatorState, TokenCoordinator } from "pay4power-auth/cloudflare";
import { EVENTS } from "../docs/on-call/events.js";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import { KEYS, TOKEN_PATHS } from "../sandbox/service.ts";
import { build } from "../scripts/build.ts";
import { makeConsumer } from "../scripts/consumer.ts";
import { root } from "../scripts/project.mjs";
import { askObject, stateInMemory } from "./support/coordinator.ts";
import { exampleWith } from "./support/examples.ts";
import { assertNoSecret } from "./support/leaks.ts";
import { NEW_KEYS, OLD_KEYS, startTwoPairs, type TwoPairs } from "./support/two-pairs.ts";

const DOCUMENT = "docs/operations.md";
const document = readFileSync(join(root, DOCUMENT), "utf8");

describe("the examples run", () => {
  let sandbox: Sandbox;
  let service: TwoPairs;
  let folder: string;
  let library: typeof Library;

  before(async () => {
    sandbox = await startSandbox();
    service = await startTwoPairs(sandbox);
    folder = makeConsumer(join(root, "target", "consumers", "operations"), await build());
    library = createRequire(join(folder, "index.cjs"))("pay4power-auth");
  });
  after(() => Promise.all([service.close(), sandbox.close()]));

  /** Loads the example with this text as a module of a project that has the package. */
  async function load<Module>(text: string): Promise<Module> {
    const file = join(folder, `${text.replaceAll(/\W+/g, "-")}.ts`);
    writeFileSync(file, exampleWith(DOCUMENT, text));
    return (await import(pathToFileURL(file).href)) as Module;
  }

  const optionsWith = (keys: Credentials): ClientOptions => ({
    ...keys,
    tokenUrl: service.tokenUrl,
    baseUrl: sandbox.baseUrl,
  });

  test("the log has one line of JSON for each event, without a secret", async (t) => {
    const { logEvent } = await load<{ logEvent(event: ClientEvent): void }>("logEvent");
    const lines: string[] = [];
    t.mock.method(console, "log", (line: string) => lines.push(line));
    const options = { ...optionsWith(OLD_KEYS), onEvent: logEvent };
    const token = await library.createClient(options).getToken();
    const wrong = { ...options, privateKey: "PRIV_KEY_sandbox-wrong" };
    await assert.rejects(library.createClient(wrong).getToken());
    const logged = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(
      logged.map(({ event }) => event),
      [
        "exchange.start",
        "exchange.success",
        "exchange.start",
        "exchange.failure",
        "circuit.open",
        "cooldown.start",
      ],
    );
    for (const { time, atMs } of logged) {
      assert.equal(new Date(String(time)).toISOString(), time);
      assert.equal(atMs, undefined);
    }
    assert.equal(logged[3]?.["reason"], "P4P_CREDENTIALS_REJECTED");
    assertNoSecret(lines.join(""), [token.value, KEYS.privateKey, wrong.privateKey]);
  });

  test("a cool-down of 60 s is one to alert on, and one of 40 s is not", async () => {
    const [, digits = ""] = /`durationMs` of ([\d,]+) or more/.exec(document) ?? [];
    assert.ok(EVENTS["cooldown.start"].alert.includes(`${digits} or more`));
    const limitMs = Number(digits.replace(",", ""));
    assert.ok(limitMs < 60_000, "an event may report some milliseconds less");
    service.accepted = [OLD_KEYS];
    for (const [seconds, isAlert] of [
      ["60", true],
      ["40", false],
    ] as const) {
      const headers = { "Retry-After": seconds };
      sandbox.control.failNext({ path: TOKEN_PATHS[0], status: 503, headers });
      const durations: number[] = [];
      const onEvent = (event: ClientEvent) => {
        if (event.type === "cooldown.start") {
          durations.push(event.durationMs);
        }
      };
      const client = library.createClient({ ...optionsWith(OLD_KEYS), onEvent });
      await assert.rejects(client.getToken(), { code: "P4P_SERVICE_UNAVAILABLE" });
      assert.deepEqual(
        durations.map((ms) => ms >= limitMs),
        [isAlert],
      );
    }
  });

  test("a readiness check fails without a token, and passes again when the cause is gone", async (t) => {
    const { health } = await load<{ health(client: Client): Promise<Response> }>("function health");
    const client = library.createClient(optionsWith(NEW_KEYS));
    service.accepted = [OLD_KEYS];
    const asked = service.asked.length;
    const check = async () => {
      const answer = await health(client);
      const { code } = (await answer.json()) as { code?: string };
      return [answer.status, code, service.asked.length - asked];
    };
    assert.deepEqual(await check(), [503, "P4P_CREDENTIALS_REJECTED", 1]);
    service.accepted = [NEW_KEYS];
    assert.deepEqual(await check(), [503, "P4P_CREDENTIALS_REJECTED", 1], "a cool-down");
    const laterMs = (client.state().retryAtMs ?? 0) + 1_000;
    const clock = t.mock.method(Date, "now", () => laterMs);
    assert.deepEqual(await check(), [200, undefined, 2], "no other caller asked");
    assert.deepEqual(await check(), [200, undefined, 2], "with a token it sends nothing");
    clock.mock.restore();
    client.close();
    assert.deepEqual(await check(), [503, "P4P_CLOSED", 2]);
  });

  test("a readiness check waits for a short time only, and the exchange goes on", async (t) => {
    const { health } = await load<{ health(client: Client): Promise<Response> }>("function health");
    service.accepted = [OLD_KEYS];
    const client = library.createClient(optionsWith(OLD_KEYS));
    const limit = new AbortController();
    t.mock.method(AbortSignal, "timeout", () => limit.signal);
    const answered = health(client);
    limit.abort();
    const answer = await answered;
    assert.equal(answer.status, 503);
    assert.equal(((await answer.json()) as { code: string }).code, "TOKEN_NOT_YET");
    await client.getToken();
    assert.equal(client.state().token, "fresh");
  });

  test("keys that are options: another client takes over, and no call fails", async () => {
    const { RotatingClient } = await load<{
      RotatingClient: new (
        options: ClientOptions,
      ) => { readonly current: Client; rotate(keys: Credentials): Promise<void> };
    }>("class RotatingClient");
    service.accepted = [OLD_KEYS];
    const rotating = new RotatingClient(optionsWith(OLD_KEYS));
    const statusNow = async () => (await rotating.current.fetch("/services")).status;
    assert.equal(await statusNow(), 200);

    const rejected = { code: "P4P_CREDENTIALS_REJECTED" };
    await assert.rejects(rotating.rotate(NEW_KEYS), rejected, "the new keys are not accepted yet");
    assert.equal(await statusNow(), 200, "so the old ones stay");

    service.accepted = [OLD_KEYS, NEW_KEYS];
    const during = Array.from({ length: 20 }, statusNow);
    await rotating.rotate(NEW_KEYS);
    assert.deepEqual(new Set(await Promise.all(during)), new Set([200]));
    service.accepted = [NEW_KEYS];
    sandbox.control.revokeAll();
    assert.equal(await statusNow(), 200);
    assert.equal(service.asked.at(-1), "new");
  });

  test("`credentials`: a changed secret is read when the service rejects the old keys", async () => {
    service.accepted = [OLD_KEYS, NEW_KEYS];
    let secret: Credentials = OLD_KEYS;
    const { tokenUrl, baseUrl } = optionsWith(OLD_KEYS);
    const client = library.createClient({ credentials: () => secret, tokenUrl, baseUrl });
    const statusNow = async () => (await client.fetch("/services")).status;
    assert.equal(await statusNow(), 200);
    secret = NEW_KEYS;
    const asked = service.asked.length;
    assert.equal(await statusNow(), 200);
    assert.equal(service.asked.length, asked, "the token of the old keys is still good");
    service.accepted = [NEW_KEYS];
    sandbox.control.revokeAll();
    const statuses = await Promise.all(Array.from({ length: 20 }, statusNow));
    assert.deepEqual(new Set(statuses), new Set([200]));
    assert.deepEqual(service.asked.slice(asked), ["old", "new"]);
  });

  test("a coordinator reads a pair from one secret, also after a rotation", async () => {
    const { TokenCoordinator: RotatingCoordinator } = await load<{
      TokenCoordinator: new (state: CoordinatorState, env: object) => TokenCoordinator;
    }>("class TokenCoordinator");
    service.accepted = [OLD_KEYS];
    let secret = OLD_KEYS;
    const object = new RotatingCoordinator(stateInMemory(), {
      PAY4POWER_KEYS: { get: async () => JSON.stringify(secret) },
      PAY4POWER_TOKEN_URL: service.tokenUrl,
    });
    const ask = async (rejected: string[]) => {
      const answer = (await askObject(object, rejected)) as { token?: { value: string } };
      return answer.token?.value;
    };
    const first = await ask([]);
    assert.ok(first);
    secret = NEW_KEYS;
    service.accepted = [NEW_KEYS];
    const second = await ask([createHash("sha256").update(first).digest("hex")]);
    assert.ok(second !== undefined && second !== first);
    assert.deepEqual(service.asked.slice(-3), ["old", "old", "new"]);
  });
});

describe("the Worker's log", () => {
  const section = document.slice(document.indexOf("## The Worker's log"));

  test("each field of a request's line is in the document, and no other", () => {
    const [, table = ""] = /\*\*One for each request:\*\*\n\n([\s\S]*?)\n\n/.exec(section) ?? [];
    const told = [...table.matchAll(/^\| (`.+?) \|/gm)].flatMap(([, names = ""]) =>
      [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name),
    );
    const source = readFileSync(join(root, "worker/src/log.ts"), "utf8");
    const [, members = ""] = /console\.log\(\{\n([\s\S]*?)\n {2}\}\);/.exec(source) ?? [];
    const logged = [...members.matchAll(/^ {4}(?:\.\.\.c\.get\("(\w+)"\)|(\w+)[,:])/gm)].flatMap(
      ([, spread, name]) => (spread === "failure" ? ["code", "outcome", "retryable"] : [name]),
    );
    assert.ok(logged.length > 6, source);
    assert.deepEqual(told.sort(), logged.sort());
  });

  test("the members of an event's line are those of the declarations", () => {
    const [, sentence = ""] = /\[the event\]\(#events\):([^.]*)\./.exec(section) ?? [];
    const told = [...sentence.matchAll(/`(\w+)`/g)].map(([, name]) => name);
    const types = readFileSync(join(root, "npm/types/index.d.ts"), "utf8");
    const events = types.slice(
      types.indexOf("interface Event<"),
      types.indexOf("export interface ClientState"),
    );
    const declared = [...events.matchAll(/^ +readonly (\w+)\??:|\{ readonly (\w+)/gm)].map(
      ([, one, other]) => one ?? other,
    );
    const members = new Set(declared.filter((name) => name !== "type"));
    assert.deepEqual(told.sort(), [...members].sort());
  });
});
