// One core for the servers, one for the load: children run where this process ran when it started them.
import { execFileSync } from "node:child_process";

export const serverCore = 0;
export const loadCore = 1;

export function pinTo(core: number): void {
  execFileSync("taskset", ["-a", "-c", "-p", String(core), String(process.pid)], { stdio: ["ignore", "ignore", "inherit"] });
}
