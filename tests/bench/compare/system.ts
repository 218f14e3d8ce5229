// What is compared, seen from the load: processes, and people who can be connected.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

import { binary, repository } from "../../support/paths.js";
import { within } from "../../support/wait.js";

// A person's client; paths and bodies as the protocol has them (load/main.cc).
export interface PersonPlan {
  address: string;
  // The index of the other one of the pair.
  peer: number;
  token?: string;
  listenPath?: string;
  listen?: Uint8Array | string;
  sendPath?: string;
  send?: Uint8Array | string;
}

export interface Plan {
  kind: "connect" | "grpc" | "websocket" | "polling" | "redis";
  people: PersonPlan[];
}

export interface Server {
  name: string;
  pid: number;
}

export interface System {
  // All its processes, Redis included.
  servers(): Server[];
  // Pairs in conversation; the two of each stand beside each other.
  pairs(count: number): Promise<Plan>;
  // The load has connected its own streams.
  connected?(): Promise<void>;
  // People who only listen; without it, nobody can.
  idle?(count: number): Promise<Plan>;
  stop(): Promise<void>;
}

export interface Candidate {
  name: string;
  // For the table.
  title: string;
  start(): Promise<System>;
}

// What is overwritten in what is sent (load/message.h).
export const messageId = "00000000-0000-4000-8000-000000000000";
const mark = "@kefu0000:0000000000";
// 200 bytes, as people write: Chinese and English.
export const messageText = `${mark} ${"你好，我的订单什么时候发货？ When will it be shipped? ".repeat(4)}`.slice(0, 131);

// A program of the comparison's own: beside the services, or of this checkout's build.
export function benchBinary(name: string): string {
  const beside = join(process.env.KEFU_BIN ?? "", name);
  return binary(existsSync(beside) ? resolve(beside) : join(repository, "build", "dev", "bin", name));
}

// A server that prints its port when it listens; dies with this process.
export class Printer implements Server {
  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
    readonly port: number,
  ) {}

  static async start(name: string, log: string, file: string, ...args: string[]): Promise<Printer> {
    const errors = openSync(log, "a");
    const child = spawn("setpriv", ["--pdeathsig", "KILL", file, ...args], {
      stdio: ["ignore", "pipe", errors],
      env: { ...process.env, NODE_ENV: "production" },
    });
    closeSync(errors);
    const lines = createInterface({ input: child.stdout! });
    const [line] = (await within(`${name} to listen`, Promise.race([once(lines, "line"), once(child, "exit")]))) as [unknown];
    if (typeof line !== "string") throw new Error(`${file} ${args.join(" ")} ended with ${line}: see ${log}`);
    return new Printer(name, child, Number(line));
  }

  get pid(): number {
    return this.child.pid!;
  }

  async stop(): Promise<void> {
    const gone = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await gone;
  }
}
