// A service that sends keys and tokens back where they do not belong. No error, event or state may show them.
import { CLOSE, head, type WireStep } from "../portable/wire.ts";
import {
  BAD,
  BROKEN,
  type Expected,
  type Fault,
  GOOD,
  REJECTED,
  raw,
  TOKEN,
  UNUSABLE,
} from "./fault.ts";

/** What is echoed, by its name. The server replaces the placeholders. */
const SECRETS: Record<string, string> = {
  "the private key": "$PRIVATE_KEY",
  "the whole request": "$BODY",
  "the Authorization header": "$AUTHORIZATION",
  "the token": TOKEN,
};

/** Where it is echoed: the head, and the body. */
const PLACES: Record<string, (secret: string) => readonly [lines: string[], body: object]> = {
  "the message": (secret) => [[], { message: `rejected: ${secret}` }],
  "the details": (secret) => [[], { errors: [secret, { field: secret, deep: [{ secret }] }] }],
  "a name in the details": (secret) => [[], { errors: [{ [secret]: 1 }] }],
  "the correlation id": (secret) => [[], { correlationId: secret }],
  "an unknown member": (secret) => [[], { debug: { secret } }],
  "all of it": (secret) => [
    [`X-Debug: ${secret}`, `WWW-Authenticate: Bearer error="${secret}"`],
    { message: secret, errors: [secret], correlationId: secret, debug: secret },
  ],
};

const NO = { success: false, statusCode: 401, data: { token: TOKEN } };

function echo(how: string, status: string, members: object, expected: Expected): Fault[] {
  return Object.entries(SECRETS).flatMap(([what, secret]) =>
    Object.entries(PLACES).map(([where, place]) => {
      const [lines, body] = place(secret);
      const text = JSON.stringify({ ...members, ...body });
      // The request within a header would be several lines.
      const kept = lines.filter((line) => !line.includes("$BODY"));
      return raw(`${what} in ${where}, ${how}`, [head(status, ...kept), text, CLOSE], expected);
    }),
  );
}

const IN_HEADERS: Record<string, readonly WireStep[]> = {
  "the reason of the status": [
    `HTTP/1.1 401 $PRIVATE_KEY $AUTHORIZATION ${TOKEN}\r\n$CORS\r\n\r\n`,
  ],
  "a header": [head("401 No", `X-Debug: $PRIVATE_KEY $AUTHORIZATION ${TOKEN}`)],
};

const AUTHORIZED = { data: { token: TOKEN, expiresAt: 1, tokenType: "Bearer" } };

export const echoes: readonly Fault[] = [
  ...echo("with 401", "401 Unauthorized", NO, { ...REJECTED, answer: "401", sent: 2 }),
  ...echo(
    "with 400",
    "400 Bad Request",
    { ...NO, statusCode: 400 },
    { ...REJECTED, answer: "400" },
  ),
  ...echo(
    "beside a token that is over",
    "200 OK",
    { ...JSON.parse(GOOD), ...AUTHORIZED },
    UNUSABLE,
  ),
  ...echo("with 404", "404 Not Found", { ...NO, statusCode: 404 }, { ...BAD, answer: "404" }),
  ...Object.entries(IN_HEADERS).map(([where, steps]) =>
    raw(`all secrets in ${where}`, [...steps, CLOSE], { ...REJECTED, answer: "401", sent: 2 }),
  ),
  raw(
    "all secrets in a head that is none",
    [`HTTP/1.1 $PRIVATE_KEY $AUTHORIZATION ${TOKEN}\r\n\r\n`, CLOSE],
    BROKEN,
  ),
  raw(
    "all secrets in a header that is none",
    [`HTTP/1.1 200 OK\r\n$PRIVATE_KEY $AUTHORIZATION ${TOKEN}\r\n\r\n`, CLOSE],
    BROKEN,
  ),
  raw("all secrets in place of a head", ["$PRIVATE_KEY $AUTHORIZATION ", TOKEN, CLOSE], BROKEN),
];
