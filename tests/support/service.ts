// One kefu process of a cluster: configured, started, waited for, killed, started again at the same addresses.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";

import { ManagedProcess } from "./managed_process.js";
import { binary } from "./paths.js";
import { eventually } from "./wait.js";

export type Config = Record<string, unknown>;

export interface ServiceOptions {
  // Also the name of its folder.
  name: string;
  program: string;
  folder: string;
  // Asked at each start, with the address to listen on: one of any port, later the same again.
  config: (listen: string) => Config;
  // The name under which its address stands in the ports file.
  port: "grpc" | "http";
  // KEFU_FAILPOINTS of the first start; see start().
  failpoints?: string;
  environment?: Record<string, string>;
}

export class Service {
  private process: ManagedProcess | undefined;
  private ports: Record<string, string> = {};
  private readonly folder: string;

  constructor(private readonly options: ServiceOptions) {
    this.folder = join(options.folder, options.name);
    mkdirSync(this.folder);
  }

  get name(): string {
    return this.options.name;
  }

  get started(): boolean {
    return this.process !== undefined;
  }

  get server(): ManagedProcess {
    if (this.process === undefined) throw new Error(`${this.name} was not started`);
    return this.process;
  }

  // "127.0.0.1:port", or "unix:/path", of the service itself; the same after a restart.
  get address(): string {
    return this.port(this.options.port);
  }

  get url(): string {
    return `http://${this.address}`;
  }

  get admin(): string {
    return this.port("admin");
  }

  // Of a name in the ports file, e.g. "grpc".
  port(name: string): string {
    const address = this.ports[name];
    if (address === undefined) throw new Error(`${this.name} has no "${name}" in its ports file`);
    return address;
  }

  // Without `failpoints` those of the options are armed at the first start only: a process that died at one comes back
  // without it.
  async start(failpoints?: string): Promise<void> {
    await this.spawn(failpoints ?? (this.process === undefined ? (this.options.failpoints ?? "") : ""));
    await this.ready();
  }

  private async spawn(failpoints: string): Promise<void> {
    const portsFile = join(this.folder, "ports.json");
    const configFile = join(this.folder, "config.yaml");
    rmSync(portsFile, { force: true });
    const config = {
      ...this.options.config(this.ports[this.options.port] ?? "127.0.0.1:0"),
      admin_address: "127.0.0.1:0",
      ports_file: portsFile,
    };
    writeFileSync(configFile, JSON.stringify(config, null, 2));
    this.process = new ManagedProcess({
      name: this.name,
      file: binary(this.options.program),
      args: ["--config", configFile],
      log: join(this.options.folder, `${this.name}.log`),
      environment: { ...this.options.environment, ...(failpoints === "" ? {} : { KEFU_FAILPOINTS: failpoints }) },
    });
    this.ports = await eventually(
      `${this.name} to say its addresses`,
      () => {
        if (!this.server.alive) throw new Error(`${this.name} did not start: ${JSON.stringify(this.server.exit)}\n${this.server.logTail()}`);
        return readPorts(portsFile);
      },
      30_000,
    );
  }

  async ready(timeoutMs = 30_000): Promise<void> {
    let answer = "";
    await eventually(
      `${this.name} to be ready`,
      async () => {
        if (!this.server.alive) throw new Error(`${this.name} ended\n${this.server.logTail()}`);
        const { status, body } = await this.adminGet("/readyz");
        answer = body;
        return status === 200;
      },
      timeoutMs,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)} (${answer.trim()})\n${this.server.logTail()}`);
    });
  }

  async adminGet(path: string): Promise<{ status: number; body: string }> {
    return await new Promise((resolve) => {
      const request = get(`http://${this.admin}${path}`, { agent: false, timeout: 5000 }, (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (text) => (body += text));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
      });
      request.on("error", (error) => resolve({ status: 0, body: String(error) }));
      request.on("timeout", () => request.destroy(new Error("no answer from the admin port")));
    });
  }

  // Every sample of one metric, summed over its labels; 0 if there is none.
  async metric(name: string): Promise<number> {
    return (await this.samples(name)).reduce((sum, sample) => sum + sample, 0);
  }

  // The greatest of them; 0 if there is none.
  async metricMax(name: string): Promise<number> {
    return Math.max(0, ...(await this.samples(name)));
  }

  private async samples(name: string): Promise<number[]> {
    const { body } = await this.adminGet("/metrics");
    const sample = new RegExp(`^${name}(?:\\{[^}]*\\})? ([0-9.e+-]+)$`, "gm");
    return [...body.matchAll(sample)].map((match) => Number(match[1]));
  }

  async kill(): Promise<void> {
    await this.server.kill();
  }

  async restart(failpoints?: string): Promise<void> {
    await this.kill();
    await this.start(failpoints);
  }

  pause(): void {
    this.server.signal("SIGSTOP");
  }

  resume(): void {
    this.server.signal("SIGCONT");
  }

  // Waits until a failpoint killed it.
  async died(timeoutMs = 15_000): Promise<void> {
    await eventually(`${this.name} to die at its failpoint`, () => !this.server.alive, timeoutMs);
    this.server.ended = true;
  }

  async stop(): Promise<void> {
    if (this.process !== undefined) await this.process.terminate();
  }

  // What it should not have done: died on its own, or complained about itself.
  complaints(): string[] {
    if (this.process === undefined) return [];
    const complaints = /.*(AddressSanitizer|LeakSanitizer|runtime error:|Assertion|terminate called).*/.exec(
      this.server.log(),
    );
    return [
      ...(this.server.alive || this.server.ended
        ? []
        : [`${this.name} ended by itself: ${JSON.stringify(this.server.exit)}\n${this.server.logTail()}`]),
      ...(complaints ? [`${this.name}: ${complaints[0]}`] : []),
    ];
  }
}

function readPorts(file: string): Record<string, string> | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Record<string, string>;
  } catch {
    return undefined; // not written yet
  }
}
