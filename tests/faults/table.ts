// The table of faults: the cases run from it, and docs/faults.md is made from it.
import { compressed, encodings, sizes, texts } from "./bodies.ts";
import { connections } from "./connections.ts";
import { echoes } from "./echoes.ts";
import { contradictions, types } from "./envelopes.ts";
import type { Group } from "./fault.ts";
import { chunking, heads, interim, lengths } from "./framing.ts";
import { redirects } from "./redirects.ts";
import { statuses } from "./statuses.ts";
import { claims, ends, kinds, values } from "./tokens.ts";

export const GROUPS: readonly Group[] = [
  { title: "What the service does to the connection", faults: connections },
  { title: "The header `Content-Length`", faults: lengths },
  { title: "Chunks and transfer encodings", faults: chunking },
  { title: "The status line and the headers", faults: heads },
  { title: "Interim statuses", faults: interim },
  { title: "Statuses", faults: statuses },
  { title: "Redirects", faults: redirects },
  { title: "The text of the body", faults: texts },
  { title: "The encoding of the body", faults: encodings },
  { title: "The size of the body", faults: sizes },
  { title: "Compressed bodies", faults: compressed },
  { title: "Contradictions", faults: contradictions },
  { title: "Members of another type", faults: types },
  { title: "`data.token`", faults: values },
  { title: "`data.expiresAt`", faults: ends },
  { title: "`data.tokenType`", faults: kinds },
  { title: "Claims of the token", faults: claims },
  { title: "Echoes of secrets", faults: echoes },
];
