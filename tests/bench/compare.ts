// kefu beside what others would use: the same conversations over kefu, over a chain of the same hops without logic, over
// socket.io on two Node processes, and Redis alone. Prints tables. Starts everything it needs and stops by itself; use a
// release build (KEFU_BIN). Needs two cores: all servers run on one, the load on the other.
//
//   node dist/bench/compare.js [--seconds 5] [--rounds 5] [--idle 10000] [--only kefu,chain,start]
//
// --only: names, or how they begin: kefu-connect, kefu-grpc, chain, socketio, socketio-polling, redis, and start for how
// soon kefu's processes are ready and back. --idle 0 leaves out the silent clients.
//
// At saturation everybody says the next thing as soon as the last one was acknowledged and shown to the other. By the
// clock, what is due while the last one is not acknowledged waits, and its delay counts from when it was due.
import { parseArgs } from "node:util";

import { back } from "./compare/back.js";
import { printGoals } from "./compare/goals.js";
import { kefuCandidates } from "./compare/kefu.js";
import { idleClients, idleKib, roundOf } from "./compare/measured.js";
import { installPeers, otherCandidates } from "./compare/others.js";
import { type Row, describe, printRows } from "./compare/table.js";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "5" },
    rounds: { type: "string", default: "5" },
    idle: { type: "string", default: "10000" },
    only: { type: "string", default: "" },
  },
});
const [seconds, rounds, idle] = [Number(values.seconds), Number(values.rounds), idleClients(Number(values.idle))];
const only = values.only === "" ? [] : values.only.split(",");
const wanted = (name: string) => only.length === 0 || only.some((begin) => name === begin || name.startsWith(`${begin}-`));
const say = (what: string) => console.error(`${new Date().toISOString().slice(11, 19)} ${what}`);

// First, for it uses both cores.
const times = wanted("start") ? await back(rounds) : [];

const candidates = [...kefuCandidates, ...otherCandidates].filter(({ name }) => wanted(name));
if (candidates.some(({ name }) => name.startsWith("socketio"))) installPeers();
const rows: Row[] = candidates.map(({ name, title }) => ({ name, title, rounds: [] }));
// One after the other in every round, so that what changes on the machine meanwhile changes for all.
for (let round = 0; round < rounds; ++round) {
  for (const [index, candidate] of candidates.entries()) {
    say(`round ${round + 1} of ${rounds}: ${candidate.name}`);
    rows[index]!.rounds.push(await roundOf(candidate, seconds));
  }
}
if (idle > 0) {
  for (const [index, candidate] of candidates.entries()) {
    say(`${idle} silent clients: ${candidate.name}`);
    rows[index]!.idleKib = await idleKib(candidate, idle);
  }
}
console.log(`${describe(seconds, rounds, idle)}\n`);
if (rows.length > 0) printRows(rows);
printGoals(rows, times);
