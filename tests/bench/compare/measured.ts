// One start of a candidate, measured: pairs at saturation and by the clock, or people who only listen.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { eventually } from "../../support/wait.js";
import { type Figures, Load } from "./load.js";
import { loadCore, pinTo, serverCore } from "./pin.js";
import type { Candidate, System } from "./system.js";

export const paces = [500, 2000, 5000];
const pairs = 50;
// A JIT has compiled by then what it will.
const warmUpSeconds = 2;
// Who connect first, and are not counted: they make the servers load what they load once.
const firstClients = 500;
// Memory is at rest when it has not grown by more in half a second.
const restBytes = 256 * 1024;

export interface Round {
  servers: string[];
  saturated: Figures;
  // By pace.
  open: Figures[];
}

// With its servers on their core, and everything after `act` begins on the load's.
async function started<T>(candidate: Candidate, act: (system: System, planFile: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "kefu-load-"));
  pinTo(serverCore);
  const system = await candidate.start().finally(() => pinTo(loadCore));
  try {
    return await act(system, join(folder, "plan"));
  } finally {
    await system.stop();
    rmSync(folder, { recursive: true });
  }
}

export async function roundOf(candidate: Candidate, seconds: number): Promise<Round> {
  return await started(candidate, async (system, file) => {
    const load = await Load.start(file, await system.pairs(pairs), system);
    try {
      await load.closed(warmUpSeconds);
      const saturated = await load.closed(seconds);
      const open = [];
      for (const perSecond of paces) open.push(await load.open(perSecond, seconds));
      return { servers: system.servers().map(({ name }) => name), saturated, open };
    } finally {
      await load.stop();
    }
  });
}

// Fewer than asked for where a process may not have so many descriptors; some are for everything else.
export function idleClients(asked: number): number {
  const limit = execFileSync("sh", ["-c", "ulimit -Hn"], { encoding: "utf8" }).trim();
  return limit === "unlimited" ? asked : Math.min(asked, Number(limit) - firstClients - 1000);
}

// KiB of all servers for each of so many who are connected and silent; undefined where nobody can be.
export async function idleKib(candidate: Candidate, count: number): Promise<number | undefined> {
  return await started(candidate, async (system, file) => {
    const plan = await system.idle?.(firstClients + count);
    if (plan === undefined) return undefined;
    const first = await Load.start(file, { ...plan, people: plan.people.slice(0, firstClients) }, system);
    const before = await resident(system);
    const load = await Load.start(file, { ...plan, people: plan.people.slice(firstClients) }, system);
    try {
      return ((await resident(system)) - before) / 1024 / count;
    } finally {
      await load.stop();
      await first.stop();
    }
  });
}

// In bytes, when it is at rest.
async function resident(system: System): Promise<number> {
  const now = () =>
    system.servers().reduce((sum, { pid }) => sum + 1024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]), 0);
  let last = -Infinity;
  return await eventually(
    "the servers' memory to be at rest",
    () => {
      const bytes = now();
      const rests = Math.abs(bytes - last) <= restBytes;
      last = bytes;
      return rests && bytes;
    },
    60_000,
    500,
  );
}
