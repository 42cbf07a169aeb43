// npm run docs:tables: writes the tables that come from the source into the documents.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { document as faults } from "../tests/faults/document.ts";
import { DOCUMENTS, withTables } from "./docs/tables.ts";
import { root, say } from "./project.mjs";

function write(document: string, make: (before: string) => string): void {
  const file = join(root, document);
  const before = readFileSync(file, "utf8");
  const after = make(before);
  writeFileSync(file, after);
  say(`${document}: ${after === before ? "as it was" : "new tables"}`);
}

for (const document of DOCUMENTS) {
  write(document, withTables);
}
write("docs/faults.md", faults);
