// The long version: node dist/faults/fabric.js --events 1000000 --seconds 60 --seed 7 [--every MS] [--shops N]
//                    [--batch ORDERS] [--round MS]
// One control:      node dist/faults/fabric.js --control acknowledge-first
// Exit 0 if every effect happened once and nobody was a second behind 5 s after the last fault (with --control: if it was
// found that they did not).
import { parseArgs } from "node:util";

import { Random } from "../support/random.js";
import { fabricFaults, fire } from "./fabric/fire.js";
import { type Control, controlled } from "./fabric/controls.js";

const { values } = parseArgs({
  options: {
    events: { type: "string", default: "1000000" },
    seconds: { type: "string", default: "60" },
    every: { type: "string", default: "5000" },
    shops: { type: "string", default: "8" },
    workers: { type: "string", default: "1" },
    batch: { type: "string", default: "50" },
    round: { type: "string", default: "1000" },
    seed: { type: "string" },
    control: { type: "string" },
  },
});

const random = values.seed === undefined ? Random.seeded("fabric") : new Random(Number(values.seed));
if (values.control !== undefined) {
  const { wrong, summary } = await controlled(values.control as Control, random);
  console.log(summary);
  console.log(`${wrong.length} complaints, as it must be: ${wrong.slice(0, 3).join("; ")}`);
  process.exit(wrong.length > 0 ? 0 : 1);
}
const { wrong, surprises, recoveredMs, summary } = await fire({
  random,
  faults: fabricFaults,
  seconds: Number(values.seconds),
  events: Number(values.events),
  everyMs: Number(values.every),
  shops: Number(values.shops),
  workers: Number(values.workers),
  batch: Number(values.batch),
  roundMs: Number(values.round),
  patienceMs: 300_000,
  tell: (line) => console.log(`${new Date().toISOString()} ${line}`),
});
console.log(summary);
for (const complaint of wrong.slice(0, 20)) console.error(complaint);
for (const surprise of surprises) console.error(`unexpected answer: ${surprise}`);
if (recoveredMs >= 5000) console.error(`${recoveredMs} ms until nobody was a second behind`);
process.exit(wrong.length === 0 && surprises.length === 0 && recoveredMs < 5000 ? 0 : 1);
