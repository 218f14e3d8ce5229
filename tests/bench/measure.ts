// What benchmarks have in common.
import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";

import type { Cluster } from "../support/cluster.js";

const ticksPerSecond = 100;

// CPU time of all processes of a cluster so far, Redis included, in microseconds.
export function cpuOf(cluster: Cluster): number {
  const pids = [...cluster.processes().map((service) => service.server.pid), cluster.redis.server.pid];
  return pids.reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
    return sum + ((Number(fields[11]) + Number(fields[12])) * 1e6) / ticksPerSecond;
  }, 0);
}

// The smallest that so large a share does not exceed.
export function quantile(numbers: number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

export const median = (numbers: number[]): number => quantile(numbers, 0.5);

export function machine(): string {
  return `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB`;
}
