// docs/operations.md and its sources: the words for codes and events, and the bounds of the code.
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { CODES } from "../docs/on-call/codes.js";
import { EVENTS } from "../docs/on-call/events.js";
import { duration } from "../scripts/docs/bound-words.ts";
import { readBounds } from "../scripts/docs/bounds.ts";
import { constantsIn, readConstants } from "../scripts/docs/constants.ts";
import { anchorOf, DOCUMENTS, withTables } from "../scripts/docs/tables.ts";
import { root } from "../scripts/project.mjs";
import { PROBLEM_TYPES } from "../worker/src/problem-types.ts";

const read = (file: string) => readFileSync(join(root, file), "utf8");

describe("the tables of the documents", () => {
  for (const document of DOCUMENTS) {
    test(`${document} has those that the source makes: npm run docs:tables`, () => {
      const text = read(document);
      assert.match(text, /^<!-- table: .+ -->$/m);
      assert.equal(withTables(text), text);
    });
  }

  test("a table that was changed by hand is made again, and an unknown one is an error", () => {
    const text = read("docs/operations.md");
    assert.equal(withTables(text.replace("default 10 s", "default 11 s")), text);
    const unknown = "<!-- table: nothing -->\n<!-- end of the table -->";
    assert.throws(() => withTables(unknown), /there is no table "nothing"/);
  });

  test("the decisions at the top name every code, with a link to its entry", () => {
    const [, decisions = ""] =
      /^## Tokens stopped working$([\s\S]*?)^## /m.exec(read("docs/operations.md")) ?? [];
    for (const code of Object.keys(CODES)) {
      assert.ok(decisions.includes(`[\`${code}\`](#${anchorOf(code)})`), code);
    }
  });

  test("each code and each event has an entry, and each link to a heading leads to one", () => {
    const headings = (file: string) =>
      [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
        title
          .toLowerCase()
          .replaceAll(/[^\w\s-]/g, "")
          .replaceAll(" ", "-"),
      );
    const entries = new Set(headings("docs/operations.md"));
    for (const name of [...Object.keys(CODES), ...Object.keys(EVENTS)]) {
      assert.ok(entries.has(anchorOf(name)), name);
    }
    const documents = [
      "README.md",
      "SECURITY.md",
      "worker/README.md",
      ...globSync("docs/*.md", { cwd: root }),
    ];
    let links = 0;
    for (const document of documents) {
      for (const [, target = "", anchor = ""] of read(document).matchAll(
        /\]\(([^)#:]*)#([^)]+)\)/g,
      )) {
        const file = target === "" ? document : join(dirname(document), target);
        assert.ok(headings(file).includes(anchor), `${document}: ${target}#${anchor}`);
        links += 1;
      }
    }
    assert.ok(links > 60, String(links));
  });
});

describe("the words for codes and events", () => {
  /** Returns the comments of the declarations in a part of npm/types/index.d.ts, by the names that follow them. */
  function commentsOf(from: string, to: string, name: RegExp): Map<string, string> {
    const declarations = read("npm/types/index.d.ts");
    const part = declarations.slice(declarations.indexOf(from), declarations.indexOf(to));
    const comments = new Map<string, string>();
    for (const [, comment = "", following = ""] of part.matchAll(
      /\/\*\*([\s\S]*?)\*\/([\s\S]*?)(?=\/\*\*|$)/g,
    )) {
      const text = comment
        .replaceAll(/\s*\n\s*\*?\s*/g, " ")
        .replaceAll(/\{@link (\w+)\}/g, "`$1`")
        .trim();
      for (const [, found = ""] of following.matchAll(name)) {
        comments.set(found, text);
      }
    }
    return comments;
  }

  const codes = commentsOf("export type AuthErrorCode", "export class AuthError", /"(P4P_\w+)"/g);
  const events = commentsOf(
    "export type ClientEvent",
    "export interface ClientState",
    /vent<"([\w.]+)">/g,
  );

  for (const [names, words, comments] of [
    ["codes", CODES, codes],
    ["events", EVENTS, events],
  ] as const) {
    test(`the ${names} are those of the declarations, and so is what each means`, () => {
      assert.deepEqual(Object.keys(words).sort(), [...comments.keys()].sort());
      for (const [name, { meaning }] of Object.entries(words)) {
        const comment = comments.get(name) ?? "";
        assert.ok(comment === meaning || comment.startsWith(`${meaning} `), `${name}: ${comment}`);
      }
    });

    test(`the words for ${names} are sentences that fit on a page`, () => {
      for (const [name, texts] of Object.entries(words)) {
        for (const [member, text] of Object.entries(texts as Record<string, string>)) {
          assert.match(text, /^[A-Z`].+\.$/, `${name}.${member}`);
          assert.ok(text.length <= 260, `${name}.${member}: ${text.length} characters`);
        }
      }
    });
  }

  test("each entry names an alert of the table, or says that there is none", () => {
    const [, table = ""] = /^## Alerts$([\s\S]*?)^## /m.exec(read("docs/operations.md")) ?? [];
    const alerts = [...table.matchAll(/^\| `(.+?)` \|/gm)].map(([, name]) => name);
    assert.ok(alerts.length > 5);
    for (const [name, { alert }] of Object.entries({ ...CODES, ...EVENTS })) {
      const [, named] = /^`(.+?)`/.exec(alert) ?? [];
      assert.ok(alert.startsWith("None") || alerts.includes(named), `${name}: ${alert}`);
    }
  });

  test("where the declarations say that nothing was sent, the Worker says so too", () => {
    const unsent = [...codes].filter(([, comment]) => comment.includes("Nothing was sent."));
    assert.ok(unsent.length > 3);
    for (const [code] of unsent) {
      const { outcome, title } = PROBLEM_TYPES[code as keyof typeof CODES];
      assert.ok(outcome === "not sent" || title === "Defect", code); // after a defect the Worker knows nothing
    }
  });

  test("the Worker knows the codes of the package, and has a table of its own codes", () => {
    const [own, others] = [Object.keys(PROBLEM_TYPES), Object.keys(CODES)];
    assert.deepEqual(
      others.filter((code) => !own.includes(code)),
      [],
    );
    const document = read("docs/operations.md");
    for (const code of own) {
      assert.ok(document.includes(`\`${code}\``), code);
    }
  });
});

describe("the bounds", () => {
  /** The numeric constants that no operator meets, and why. */
  const INTERNAL: Readonly<Record<string, string>> = {
    NO_EXCHANGE: "a number that stands for none",
    MAX_CAUSES: "the depth of a search in an error",
    MAX_MICROTASKS: "turns of the event loop",
    MAX_PATHS: "a cache of checked paths",
    MAX_LENGTH: "a cache of checked paths",
    VERSION: "the format of a sealed value",
    NONCE_BYTES: "the format of a sealed value",
    LARGEST_SECONDS: "tells seconds from milliseconds",
    MAX_CORRELATION_ID: "the length of a text in an error",
    MAX_MESSAGE: "the length of a text in an error",
    MAX_ADDRESS: "the length of a text in an error",
    MAX_ESCAPED_BACKSLASHES: "a search for secrets",
    BACKSLASH: "a character",
    MAX_INTEGER: "a limit of JavaScript",
    LAST_INSTANT_MS: "a limit of JavaScript",
    SECOND_MS: "a unit",
    MAX_EMPTY_CHUNKS: "a stream that never ends",
    MIN_TOKEN_LENGTH: "worker/README.md lists the limits of the search",
    MAX_LAYERS: "worker/README.md lists the limits of the search",
    MAX_HEAD_LENGTH: "a search for secrets",
  };
  const named = ({ file, name }: { readonly file: string; readonly name: string }) =>
    `${name} of ${file}`;

  test("every numeric constant of the code has a row, or a reason to have none", () => {
    const rows = new Set(
      readBounds().flatMap(({ file, constant }) =>
        constant ? [named({ file, name: constant })] : [],
      ),
    );
    const constants = readConstants();
    assert.ok(constants.length > 50);
    const missing = constants.filter((each) => !rows.has(named(each)) && !(each.name in INTERNAL));
    assert.deepEqual(missing.map(named), []);
    const names = new Set(constants.map(({ name }) => name));
    assert.deepEqual(
      Object.keys(INTERNAL).filter((name) => !names.has(name)),
      [],
    );
  });

  test("every constant with a unit or a limit in its name is read", () => {
    const unread = {
      MAX_AGE_S: "a limit of arithmetic",
      ROUNDED_DOWN_MS: "a second",
    };
    const found = new Set(readConstants().map(named));
    const files = globSync(["src/**/*.rs", "npm/**/*.ts", "worker/src/**/*.ts"], {
      cwd: root,
      exclude: ["npm/generated/**", "npm/types/**"],
    });
    for (const file of files) {
      for (const [, name = ""] of read(file).matchAll(
        /\bconst ((?:MAX_\w+|MIN_\w+|\w+_(?:MS|S|BYTES|BACKOFF)))\b/g,
      )) {
        assert.ok(found.has(named({ file, name })) || name in unread, named({ file, name }));
      }
    }
  });

  test("constants are read in each of their forms", () => {
    const source = `
      pub const WAIT_MS: i64 = 1_000;
const LIMIT = 64 * 1024;
export const SHARE: f64 = 0.2;
pub(crate) const RANGE: RangeInclusive<u32> = 1..=600_000;
pub const BOUNDS: Bounds = Bounds { min: 0, max: 10, default: 2 };
const POLICY = { timeoutMs: 10_000, refreshAhead: 0.1 };
const TEXT = "1";
const OTHER = WAIT_MS;
`.replaceAll(/^ +/gm, "");
    assert.deepEqual(
      constantsIn("file", source).map(({ name, value }) => [name, value]),
      [
        ["WAIT_MS", 1_000],
        ["LIMIT", 65_536],
        ["SHARE", 0.2],
        ["RANGE", { min: 1, max: 600_000 }],
        ["BOUNDS", { min: 0, max: 10, default: 2 }],
        ["POLICY", { timeoutMs: 10_000, refreshAhead: 0.1 }],
      ],
    );
  });

  test("durations have the unit in which they are whole", () => {
    assert.deepEqual([1, 250, 1_000, 1_500, 60_000, 90_000, 120_000, 600_000].map(duration), [
      "1 ms",
      "250 ms",
      "1 s",
      "1500 ms",
      "60 s",
      "90 s",
      "2 min",
      "10 min",
    ]);
  });
});
