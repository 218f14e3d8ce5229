// What kefu is to reach beside the others, and how far it is.
import { type Row, cpuMicros, deliveredPerSecond, delays } from "./table.js";

export interface Goal {
  what: string;
  // Undefined: not reached.
  measured: number | undefined;
  atMost?: number;
  atLeast?: number;
  unit?: string;
}

// Of the rows that there are.
function goalsOf(rows: Row[]): Goal[] {
  const find = (name: string) => rows.filter((row) => row.name === name);
  const [chain, socketio] = [find("chain"), find("socketio")];
  const kefu = [...find("kefu-connect"), ...find("kefu-grpc")];
  const against = (others: Row[], of: (row: Row) => number) =>
    kefu.flatMap((row) => others.map((other) => ({ names: `${row.title}, against ${other.title}`, measured: of(row) / of(other) })));
  return [
    ...against(socketio, cpuMicros).map(({ names, measured }) => ({ what: `CPU for a delivered message: ${names}`, measured, atMost: 0.7 })),
    ...against(chain, cpuMicros).map(({ names, measured }) => ({ what: `CPU for a delivered message: ${names}`, measured, atMost: 1 })),
    ...against(socketio, deliveredPerSecond).map(({ names, measured }) => ({ what: `delivered a second: ${names}`, measured, atLeast: 1.5 })),
    ...kefu.map((row) => ({ what: `p99 at 2000/s: ${row.title}`, measured: delays(row, 2000)?.p99, atMost: 5, unit: "ms" })),
    ...kefu.filter((row) => row.idleKib !== undefined).map((row) => ({ what: `an idle stream: ${row.title}`, measured: row.idleKib, atMost: 12, unit: "KiB" })),
  ];
}

export function printGoals(rows: Row[], more: Goal[]): void {
  const goals = [...goalsOf(rows), ...more];
  if (goals.length === 0) return;
  console.log("\n| goal | | measured | |\n| --- | ---: | ---: | --- |");
  for (const { what, measured, atMost, atLeast, unit = "" } of goals) {
    const met = measured !== undefined && measured <= (atMost ?? Infinity) && measured >= (atLeast ?? -Infinity);
    const bound = atMost === undefined ? `at least ${atLeast}` : `at most ${atMost}`;
    const figure = measured === undefined ? "not reached" : `${measured.toFixed(2)} ${unit}`.trim();
    console.log(`| ${what} | ${`${bound} ${unit}`.trim()} | ${figure} | ${met ? "met" : "missed"} |`);
  }
}
