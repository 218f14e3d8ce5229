// What kefu is to reach beside the others, and how far it is.
import { type Row, cpuMicros, deliveredPerSecond, delays } from "./table.js";

export interface Goal {
  what: string;
  // Undefined: not measured this time, or not reached.
  measured: number | undefined;
  atMost?: number;
  atLeast?: number;
  unit?: string;
}

const ratio = (of: (row: Row) => number, one: Row | undefined, other: Row | undefined) =>
  one === undefined || other === undefined ? undefined : of(one) / of(other);

function goalsOf(rows: Row[]): Goal[] {
  const find = (name: string) => rows.find((row) => row.name === name);
  const [connect, grpc, chain, socketio] = ["kefu-connect", "kefu-grpc", "chain", "socketio"].map(find);
  const p99 = (row: Row | undefined) => row && delays(row, 2000)?.p99;
  return [
    { what: "CPU per delivered message, Connect against socket.io", measured: ratio(cpuMicros, connect, socketio), atMost: 0.7 },
    { what: "CPU per delivered message, gRPC against the chain", measured: ratio(cpuMicros, grpc, chain), atMost: 1 },
    { what: "CPU per delivered message, Connect against the chain", measured: ratio(cpuMicros, connect, chain), atMost: 1 },
    { what: "delivered a second, Connect against socket.io", measured: ratio(deliveredPerSecond, connect, socketio), atLeast: 1.5 },
    { what: "delivered a second, gRPC against socket.io", measured: ratio(deliveredPerSecond, grpc, socketio), atLeast: 1.5 },
    { what: "p99 at 2000/s, Connect", measured: p99(connect), atMost: 5, unit: "ms" },
    { what: "p99 at 2000/s, gRPC", measured: p99(grpc), atMost: 5, unit: "ms" },
    { what: "an idle stream, Connect", measured: connect?.idleKib, atMost: 12, unit: "KiB" },
  ];
}

// With a verdict each; the rows that a run left out are missing here, too.
export function printGoals(rows: Row[], more: Goal[] = []): void {
  const goals = [...goalsOf(rows).filter((goal) => goal.measured !== undefined || rows.length > 0), ...more];
  console.log("\n| kefu | measured | goal | |\n| --- | ---: | ---: | --- |");
  for (const { what, measured, atMost, atLeast, unit = "" } of goals) {
    const met = measured !== undefined && measured <= (atMost ?? Infinity) && measured >= (atLeast ?? -Infinity);
    const bound = atMost === undefined ? `at least ${atLeast}` : `at most ${atMost}`;
    console.log(`| ${what} | ${measured === undefined ? "none" : `${measured.toFixed(2)} ${unit}`.trim()} | ${`${bound} ${unit}`.trim()} | ${met ? "met" : "missed"} |`);
  }
}
