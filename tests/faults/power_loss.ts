// The long version: node dist/faults/power_loss.js --seconds 600 --seed 7 --pairs 50 [--every MS] [--history FILE]
// One control:      node dist/faults/power_loss.js --control everysec
// Exit 0 if every promise was kept (with --control: if the checker found the broken one).
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { Random } from "../support/random.js";
import { type Control, type Run, allFaults, run, runControl } from "./scenarios.js";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "300" },
    pairs: { type: "string", default: "50" },
    every: { type: "string", default: "3000" },
    seed: { type: "string" },
    history: { type: "string" },
    control: { type: "string" },
  },
});

const random = values.seed === undefined ? Random.seeded("power loss") : new Random(Number(values.seed));

function keep(outcome: Run): void {
  if (values.history !== undefined) writeFileSync(values.history, outcome.history.text());
}

if (values.control !== undefined) {
  const outcome = await runControl(values.control as Control, random);
  keep(outcome);
  process.exit(outcome.verdict.violations.length > 0 ? 0 : 1);
}
const pairs = Number(values.pairs);
const outcome = await run("power loss", { pairs, seconds: Number(values.seconds), random, faults: allFaults, everyMs: Number(values.every) });
keep(outcome);
// With no failure in n the true rate is below 3/n, at 95 %.
console.log(`lost/acknowledged = 0/${outcome.verdict.ok}, below ${(3 / outcome.verdict.ok).toExponential(1)} at 95 %`);
for (const surprise of outcome.surprises) console.error(`unexpected answer: ${surprise}`);
process.exit(outcome.verdict.violations.length === 0 && outcome.surprises.length === 0 ? 0 : 1);
