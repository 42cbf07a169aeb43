// The deployed Worker: it redacts a token that the service echoes, with any escapes.
import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { before, test } from "node:test";
import { type Answered, WorkerWorld } from "./support/worker-world.ts";

const world = new WorkerWorld({ sharesBackend: true });

/** An opaque token, with every character that a token may have and that an escape may replace. */
const TOKEN = "/aB3-._~+/u002f/25/x2f=0//k9==";

/** The forms of the token: how it is written, and how a reader gets it back. */
const FORMS: Record<string, readonly [escaped: string, read: (text: string) => string]> = {
  "as it is": [TOKEN, (text) => text],
  "JSON, with \\/": [TOKEN.replaceAll("/", "\\/"), json],
  "JSON, with \\u002f": [each(/[/+=]/g, (code) => `\\u00${code}`), json],
  "JSON, with \\u002F": [each(/[/+=]/g, (code) => `\\u00${code.toUpperCase()}`), json],
  "JSON, every character": [each(/./g, (code) => `\\u00${code}`), json],
  "JSON, every other character": [
    each(/.(?=.)/g, (code, at) => (at % 2 ? `\\u00${code}` : "")),
    json,
  ],
  "JSON within JSON": [
    JSON.stringify(TOKEN.replaceAll("/", "\\/")).slice(1, -1),
    (text) => json(json(text)),
  ],
  "JSON within JSON, with \\u": [
    JSON.stringify(JSON.stringify(each(/\W/g, (code) => `\\u00${code}`)).slice(1, -1)).slice(1, -1),
    (text) => json(json(json(text))),
  ],
  "JavaScript, with \\x": [
    each(/\W/g, (code) => `\\x${code}`),
    (text) => unescaped(text, /\\x(..)/g),
  ],
  "JavaScript, with \\u{}": [
    each(/\W/g, (code) => `\\u{${code}}`),
    (text) => unescaped(text, /\\u\{(..)\}/g),
  ],
  "percent-encoded": [encodeURIComponent(TOKEN), decodeURIComponent],
  "percent-encoded, small letters": [each(/\W/g, (code) => `%${code}`), decodeURIComponent],
  "percent-encoded, every character": [each(/./g, (code) => `%${code}`), decodeURIComponent],
  "percent-encoded twice": [
    encodeURIComponent(encodeURIComponent(TOKEN)),
    (text) => decodeURIComponent(decodeURIComponent(text)),
  ],
  "percent-encoded in JSON": [
    encodeURIComponent(TOKEN).replaceAll("%", "\\u0025"),
    (text) => decodeURIComponent(json(text)),
  ],
  "HTML, hexadecimal": [
    each(/\W/g, (code) => `&#x${code};`),
    (text) => unescaped(text, /&#x(..);/g),
  ],
  "HTML, decimal": [TOKEN.replaceAll("/", "&#47;"), (text) => text.replaceAll("&#47;", "/")],
  "HTML, decimal, without a semicolon": [
    each(/[/=+](?!\d)/g, (code) => `&#${Number.parseInt(code, 16)}`),
    (text) => text.replace(/&#(\d\d)/g, (_, code) => String.fromCharCode(code)),
  ],
  "HTML, hexadecimal, without a semicolon": [
    each(/[/=+](?![\da-f])/gi, (code) => `&#x${code}`),
    (text) => unescaped(text, /&#x(..)/g),
  ],
  "HTML within HTML, without a semicolon": [
    TOKEN.replaceAll("/", "&amp#47;"),
    (text) => text.replaceAll("&amp#47;", "/"),
  ],
  "HTML, by name": [
    TOKEN.replaceAll("/", "&sol;").replaceAll("+", "&plus;").replaceAll("=", "&equals;"),
    (text) => text.replaceAll("&sol;", "/").replaceAll("&plus;", "+").replaceAll("&equals;", "="),
  ],
  "HTML within HTML": [
    TOKEN.replaceAll("/", "&amp;#x2F;"),
    (text) => text.replaceAll("&amp;#x2F;", "/"),
  ],
};

/** Returns the token with each character that matches `what` escaped by `write`, which gets its code in hexadecimal. */
function each(what: RegExp, write: (code: string, at: number) => string): string {
  return TOKEN.replace(what, (character, at: number) => {
    return write(character.charCodeAt(0).toString(16), at) || character;
  });
}

/** Reads the content of a JSON string. */
function json(text: string): string {
  return JSON.parse(`"${text}"`) as string;
}

/** Reads escapes with two hexadecimal digits. */
function unescaped(text: string, what: RegExp): string {
  return text.replace(what, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

/** A text and a token after it, whose first characters form an escape with the text. */
const JOINED: [before: string, token: string, escape: (token: string) => string][] = [
  ["100%25", "41aB3/k9==", encodeURIComponent],
  ["100%25", "2541aB3/k9==", encodeURIComponent],
  ["100%2525", "41aB3/k9==", (token) => encodeURIComponent(encodeURIComponent(token))],
  ["100%", "41aB3/k9==", (token) => token.replaceAll("/", "\\/")],
  ["100%4", "1aB3/k9==", (token) => token.replaceAll("/", "\\/")],
  ["a\\\\", "u002fab/k9==", (token) => token.replaceAll("/", "\\/")],
  ["a\\\\", "x2fab/k9==", (token) => token.replaceAll("/", "\\/")],
  ["&#", "47ab/k9==", (token) => token.replaceAll("/", "&#47;")],
];

let answer: { status: number; headers: Record<string, string>; body: string | Uint8Array };

before(() => {
  world.secrets.push(TOKEN);
});

/** Makes the service issue these tokens, one after the other, and answer requests with them by `answerTo`. */
function issueTokens(
  tokens: readonly string[],
  answerTo: (token: string, response: ServerResponse) => void,
) {
  const left = [...tokens];
  world.serviceProxy.override = ({ path, headers }, response) => {
    if (path.includes("/auth/token")) {
      const expiresAt = Math.floor(Date.now() / 1_000) + 3_600;
      const data = { token: left.shift(), expiresAt, tokenType: "Bearer" };
      const envelope = { success: true, message: "", errors: null, statusCode: 200, data };
      response.end(JSON.stringify({ ...envelope, correlationId: "from-the-service" }));
    } else {
      answerTo(headers.authorization?.slice("Bearer ".length) ?? "", response);
    }
    return true;
  };
}

/** Returns the Worker's answer to a caller if the service answers like this. */
async function askEcho(status: number, body: string | Uint8Array, headers = {}) {
  answer = { status, headers: { "Content-Type": "application/json", ...headers }, body };
  issueTokens([TOKEN], (token, response) => {
    assert.equal(token, TOKEN);
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  return world.askWithAccess("/services");
}

/** Returns the answer of a new Worker, which has no token yet. */
async function askNewWorker(path: string, init: RequestInit = {}): Promise<Answered> {
  let answered: Answered | undefined;
  await world.withWorker(world.bindings(), async (backend) => {
    answered = await world.askWithAccess(path, init, backend);
  });
  assert.ok(answered);
  return answered;
}

test("the token in an answer is redacted in every escaped form", async () => {
  for (const [name, [escaped, read]] of Object.entries(FORMS)) {
    assert.equal(read(escaped), TOKEN, `${name} is a form of the token`);
    const body = `{"a":"ü%2","echo":"Bearer ${escaped}","twice":"${escaped}${escaped}","b":"\\\\"}`;
    const { status, bytes } = await askEcho(200, body);
    assert.equal(status, 200);
    const wanted = body.replaceAll(escaped, "[redacted]");
    assert.equal(bytes.toString(), wanted, name);
  }
});

test("the token is redacted if the text before it forms an escape with its first characters", async () => {
  for (const [preceding, token, write] of JOINED) {
    const escaped = write(token);
    issueTokens([token], (_, response) => response.end(`${preceding}${escaped}"`));
    const { status, text } = await askNewWorker("/services");
    assert.equal(status, 200);
    assert.equal(text, `${preceding}[redacted]"`, `${preceding}${escaped}`);
  }
});

test("after a 401, the first token is redacted in the second answer too", async () => {
  const tokens = ["first/token-aaaa", "second/token-bbbb"] as const;
  issueTokens(tokens, (token, response) => {
    if (token === tokens[0]) {
      response.writeHead(401).end();
    } else {
      response.setHeader("Retry-After", tokens[0]);
      response.setHeader("Content-Type", `text/plain; by=${tokens[1]}`);
      response.end(`${tokens.join(" replaces ")}, ${encodeURIComponent(tokens[0])}`);
    }
  });
  const { status, headers, text } = await askNewWorker("/vend", { method: "POST", body: "{}" });
  assert.equal(status, 200);
  assert.equal(text, "[redacted] replaces [redacted], [redacted]");
  assert.equal(headers.get("Retry-After"), null);
  assert.doesNotMatch(headers.get("Content-Type") ?? "", /by=/);
});

test("the token in the words or details of a refusal is redacted", async () => {
  for (const [name, [escaped]] of Object.entries(FORMS)) {
    const body = `{"message":"not ${escaped}","errors":["${escaped}",{"${escaped}":1}],"correlationId":"${escaped}"}`;
    try {
      JSON.parse(body);
    } catch {
      continue; // no JSON has it in this form
    }
    const { text, body: problem } = await askEcho(400, body);
    assert.equal(problem["detail"], "not [redacted]", name);
    assert.deepEqual(problem["errors"], ["[redacted]", { "[redacted]": 1 }], name);
    assert.ok(!text.includes(TOKEN), name);
  }
});

test("a header with the token in any form does not come back", async () => {
  for (const [name, [escaped]] of Object.entries(FORMS)) {
    const { status, headers } = await askEcho(200, "{}", {
      "Content-Type": `text/plain; echo="${escaped}"`,
      "Retry-After": escaped,
      "X-Correlation-Id": escaped,
    });
    assert.equal(status, 200);
    for (const header of ["Content-Type", "Retry-After", "X-Correlation-Id"]) {
      assert.equal(headers.get(header), null, `${name} in ${header}`);
    }
  }
});

test("the token is redacted in encodings other than UTF-8 too, and no other byte changes", async () => {
  const utf16 = Buffer.from(`a${TOKEN}ü`, "utf16le");
  for (const bytes of [utf16, Buffer.from(utf16).swap16()]) {
    const { text } = await askEcho(200, bytes, { "Content-Type": "text/plain; charset=utf-16" });
    assert.ok(!text.replaceAll("\0", "").includes(TOKEN));
    assert.match(text, /\[redacted\]/);
  }
  const latin1 = Buffer.from(`\xfc\xff${TOKEN}\xe9`, "latin1");
  const { bytes } = await askEcho(200, latin1);
  assert.deepEqual(bytes, Buffer.from("\xfc\xff[redacted]\xe9", "latin1"));
});

test("an answer without a token comes back byte for byte, with any escapes", async () => {
  for (const body of [
    `{"a":"\\u002f\\/%2f%252F&sol;&#47;","b":"${TOKEN.slice(0, -1)}","c":"${TOKEN.slice(1)}"}`,
    Buffer.from("%5c%5Cu002f\\\\u002f\0\0\xff\xfe", "latin1"),
    "%25".repeat(100_000),
    "\\".repeat(300_000),
    "&amp;".repeat(100_000),
    `${"&amp;".repeat(5)}${"%5c".repeat(100)}u002f`,
  ]) {
    const { bytes } = await askEcho(200, body);
    assert.deepEqual(bytes, Buffer.from(body));
  }
});

world.testNoSecretIsShown();
