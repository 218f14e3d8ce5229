// The generator of load: a process that plays a plan and does one phase after the other.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type Interface, createInterface } from "node:readline";

import { within } from "../../support/wait.js";
import { type PersonPlan, type Plan, type System, benchBinary } from "./system.js";

export interface Figures {
  seconds: number;
  due: number;
  delivered: number;
  refused: number;
  lost: number;
  p50Ms: number;
  p99Ms: number;
  ownMicros: number;
  // As the servers stand in the system.
  serversMicros: number[];
}

export class Load {
  private constructor(
    private readonly child: ChildProcess,
    private readonly lines: Interface,
  ) {}

  // With everybody connected.
  static async start(file: string, plan: Plan, system: System): Promise<Load> {
    writeFileSync(file, [plan.kind, system.servers().map(({ pid }) => pid).join(" "), ...plan.people.map(lineOf)].join("\n") + "\n");
    const child = spawn("setpriv", ["--pdeathsig", "KILL", benchBinary("compare_load"), file], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const load = new Load(child, createInterface({ input: child.stdout! }));
    const ready = await load.line("everybody to be connected", 180_000);
    if (ready !== "ready") throw new Error(`the load said ${ready}`);
    await system.connected?.();
    return load;
  }

  async closed(seconds: number): Promise<Figures> {
    return await this.phase(`closed ${seconds}`, seconds);
  }

  async open(perSecond: number, seconds: number): Promise<Figures> {
    return await this.phase(`open ${perSecond} ${seconds}`, seconds);
  }

  async stop(): Promise<void> {
    const gone = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await gone;
  }

  private async phase(command: string, seconds: number): Promise<Figures> {
    this.child.stdin!.write(`${command}\n`);
    return JSON.parse(await this.line(command, seconds * 1000 + 20_000)) as Figures;
  }

  private async line(what: string, timeoutMs: number): Promise<string> {
    const ended = once(this.child, "exit").then(() => {
      throw new Error(`the load ended before ${what}`);
    });
    ended.catch(() => {}); // it ends when it is stopped, too
    const [line] = (await within(what, Promise.race([once(this.lines, "line"), ended]), timeoutMs)) as [string];
    return line;
  }
}

function lineOf({ address, peer, token, listenPath, listen, sendPath, send }: PersonPlan): string {
  const hex = (bytes: Uint8Array | string | undefined) => Buffer.from(bytes ?? "").toString("hex") || "-";
  return [address, peer, token || "-", listenPath || "-", hex(listen), sendPath || "-", hex(send)].join(" ");
}
