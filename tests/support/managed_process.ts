// A child process with a log file, which dies with the test: killed by its id when the test ends, and by the kernel
// (setpriv --pdeathsig) when the test itself is killed.
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";

import { within } from "./wait.js";

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

const living = new Set<ManagedProcess>();

function killAll(): void {
  for (const child of living) child.signal("SIGKILL");
}
process.on("exit", killAll);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    killAll();
    process.exit(1);
  });
}

export interface SpawnOptions {
  name: string;
  file: string;
  args: string[];
  log: string;
  environment?: Record<string, string>;
}

export class ManagedProcess {
  readonly exited: Promise<Exit>;
  exit: Exit | undefined;
  // True once this class ended it on purpose.
  ended = false;
  private readonly child: ChildProcess;

  constructor(readonly options: SpawnOptions) {
    const log = openSync(options.log, "a");
    this.child = spawn("setpriv", ["--pdeathsig", "KILL", options.file, ...options.args], {
      stdio: ["ignore", log, log],
      env: { ...process.env, ...options.environment },
    });
    closeSync(log);
    living.add(this);
    this.exited = new Promise((resolve) => {
      const done = (exit: Exit) => {
        this.exit = exit;
        living.delete(this);
        resolve(exit);
      };
      this.child.once("exit", (code, signal) => done({ code, signal }));
      this.child.once("error", () => done({ code: 127, signal: null }));
    });
  }

  get name(): string {
    return this.options.name;
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error(`${this.name} did not start`);
    return this.child.pid;
  }

  get alive(): boolean {
    return this.exit === undefined && this.child.pid !== undefined;
  }

  // By a signal, until SIGCONT.
  get stopped(): boolean {
    return this.alive && /^State:\s+T/m.test(readFileSync(`/proc/${this.pid}/status`, "utf8"));
  }

  signal(signal: NodeJS.Signals): void {
    if (this.alive) process.kill(this.pid, signal);
  }

  async kill(): Promise<void> {
    this.ended = true;
    this.signal("SIGKILL");
    await this.exited;
  }

  // Asks it to end; a process that does not end in time, or not with 0, is an error.
  async terminate(timeoutMs = 20_000): Promise<void> {
    this.ended = true;
    if (!this.alive) return;
    this.signal("SIGCONT");
    this.signal("SIGTERM");
    const exit = await within(`${this.name} to end after SIGTERM`, this.exited, timeoutMs);
    if (exit.code !== 0) {
      throw new Error(`${this.name} ended with ${JSON.stringify(exit)}\n${this.logTail()}`);
    }
  }

  // What it holds in memory now, and the most it ever held, in bytes.
  memory(): { now: number; peak: number } {
    const status = readFileSync(`/proc/${this.pid}/status`, "utf8");
    const kib = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status)![1]);
    return { now: kib("VmRSS") * 1024, peak: kib("VmHWM") * 1024 };
  }

  log(): string {
    return readFileSync(this.options.log, "utf8");
  }

  logTail(lines = 30): string {
    return this.log().split("\n").slice(-lines).join("\n");
  }
}
