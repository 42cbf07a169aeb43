// npm run docs:tables: writes the tables that come from the source into the documents.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DOCUMENTS, withTables } from "./docs/tables.ts";
import { root, say } from "./project.mjs";

for (const document of DOCUMENTS) {
  const file = join(root, document);
  const before = readFileSync(file, "utf8");
  const after = withTables(before);
  writeFileSync(file, after);
  say(`${document}: ${after === before ? "as it was" : "new tables"}`);
}
