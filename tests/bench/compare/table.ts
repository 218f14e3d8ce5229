// What the comparison prints.
import { execFileSync } from "node:child_process";
import { release } from "node:os";

import { machine, median } from "../measure.js";
import type { Figures } from "./load.js";
import { type Round, paces } from "./measured.js";

// Beyond this the load may be what is measured.
const busyLoad = 0.9;
// Of what was due, so much must have come 100 ms after the end.
const kept = 0.99;

export interface Row {
  name: string;
  title: string;
  rounds: Round[];
  idleKib?: number;
}

const across = (rounds: Round[], figure: (round: Round) => number) => median(rounds.map(figure));
const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
export const deliveredPerSecond = ({ rounds }: Row) => across(rounds, ({ saturated }) => saturated.delivered / saturated.seconds);
export const cpuMicros = ({ rounds }: Row) => across(rounds, ({ saturated }) => sum(saturated.serversMicros) / saturated.delivered);

// Undefined: it did not keep up in half of the rounds.
export function delays(row: Row, pace: number): { p50: number; p99: number } | undefined {
  const each = row.rounds.map(({ open }) => open[paces.indexOf(pace)]!);
  const kept_ = each.filter(keptUp);
  if (2 * kept_.length <= each.length) return undefined;
  return { p50: median(kept_.map(({ p50Ms }) => p50Ms)), p99: median(kept_.map(({ p99Ms }) => p99Ms)) };
}

const keptUp = ({ due, delivered }: Figures) => delivered >= kept * due;
const ms = (milliseconds: number) => milliseconds.toFixed(milliseconds < 10 ? 2 : 0);

function delayCell(row: Row, pace: number): string {
  const known = delays(row, pace);
  return known === undefined ? "not reached" : `${ms(known.p50)}, ${ms(known.p99)}`;
}

// Of their cores at saturation: what the servers got of theirs, and what the load needed of its own.
function coresCell({ rounds }: Row): string {
  const share = (micros: (figures: Figures) => number) => across(rounds, ({ saturated }) => micros(saturated) / (saturated.seconds * 1e6));
  const percent = (part: number) => `${Math.round(part * 100)} %`;
  const load = share(({ ownMicros }) => ownMicros);
  return `${percent(share(({ serversMicros }) => sum(serversMicros)))}, ${percent(load)}${load > busyLoad ? ": limited by the load" : ""}`;
}

export function printRows(rows: Row[]): void {
  const head = ["what", "delivered a second", "CPU µs of the servers each", ...paces.map((pace) => `${pace}/s: p50, p99 ms`), "KiB for an idle client", "cores of servers, load"];
  console.log(`| ${head.join(" | ")} |`);
  console.log(`| --- |${" ---: |".repeat(head.length - 1)}`);
  for (const row of rows) {
    const idle = row.idleKib === undefined ? "" : row.idleKib.toFixed(1);
    const cells = [Math.round(deliveredPerSecond(row)), cpuMicros(row).toFixed(0), ...paces.map((pace) => delayCell(row, pace)), idle, coresCell(row)];
    console.log(`| ${row.title} | ${cells.join(" | ")} |`);
  }
  console.log("\nCPU µs by process:\n");
  for (const row of rows) console.log(`- ${row.title}: ${byServer(row)}`);
  for (const row of rows) printDoubts(row);
}

function byServer({ rounds }: Row): string {
  const micros = (server: number) => across(rounds, ({ saturated }) => saturated.serversMicros[server]! / saturated.delivered);
  return rounds[0]!.servers.map((name, server) => `${name} ${micros(server).toFixed(0)}`).join(", ");
}

// What a figure may not be built on.
function printDoubts({ title, rounds }: Row): void {
  const all = rounds.flatMap(({ saturated, open }) => [saturated, ...open]);
  const [refused, lost] = [sum(all.map((figures) => figures.refused)), sum(all.map((figures) => figures.lost))];
  if (refused + lost > 0) console.log(`\n${title}: ${refused} messages were refused, ${lost} never shown.`);
}

export function describe(seconds: number, rounds: number, idle: number): string {
  const first = (program: string, ...args: string[]) => execFileSync(program, args, { encoding: "utf8" }).split("\n")[0]!;
  const redis = /v=([\d.]+)/.exec(first("redis-server", "--version"))![1];
  return (
    `${machine()}, Linux ${release()}, Redis ${redis}, Node ${process.versions.node}; all servers on one core, the load on the other; ` +
    `AOF always; 50 pairs, messages of 200 bytes; medians of ${rounds} × ${seconds} s; ${idle} idle clients`
  );
}
