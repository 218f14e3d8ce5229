// node dist/support/history/main.js FILE: checks a history file; exit 1 if a promise was broken.
import { readFileSync } from "node:fs";

import { check, describe } from "./checker.js";
import { parseHistory } from "./record.js";

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error("usage: node main.js HISTORY_FILE");
  process.exit(2);
}
const verdict = check(parseHistory(readFileSync(file, "utf8")));
console.log(describe(verdict));
process.exit(verdict.violations.length === 0 && verdict.ok > 0 ? 0 : 1);
