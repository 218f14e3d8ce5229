// A program with pipes for a terminal: lines go in, and one waits for the line one expects.
import { type ChildProcess, spawn } from "node:child_process";

import { within } from "./wait.js";

export class Terminal {
  private output = "";
  private wake: () => void = () => {};
  private readonly child: ChildProcess;
  private readonly exited: Promise<number>;

  constructor(file: string, args: string[], env: NodeJS.ProcessEnv) {
    this.child = spawn(file, args, { env, stdio: ["pipe", "pipe", "inherit"] });
    this.child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      this.output += text;
      this.wake();
    });
    this.exited = new Promise((resolve) => this.child.on("exit", (code) => resolve(code ?? -1)));
  }

  type(line: string): void {
    this.child.stdin!.write(`${line}\n`);
  }

  // Everything printed so far, once it contains this.
  async shows(expected: RegExp): Promise<string> {
    const search = async () => {
      while (!expected.test(this.output)) await new Promise<void>((resolve) => (this.wake = resolve));
      return this.output;
    };
    try {
      return await within(`the terminal to show ${String(expected)}`, search());
    } catch (error) {
      throw new Error(`${String(error)}; so far:\n${this.output}`);
    }
  }

  // Ends the input; the exit code.
  async end(): Promise<number> {
    this.child.stdin!.end();
    return await within("the program to end", this.exited);
  }

  kill(): void {
    this.child.kill("SIGKILL");
  }
}
