// A private redis-server as GUARANTEES ask for it (AOF always, no eviction, unix socket), with the means to take its
// power away: everything that was not synced to disk is gone, as after a real power loss.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, statSync, truncateSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";

import { ManagedProcess } from "./managed_process.js";
import { repository, testsFolder } from "./paths.js";
import { eventually } from "./wait.js";

export interface RedisOptions {
  folder: string;
  // "everysec" only where a test wants to see acknowledged writes lost.
  appendfsync?: "always" | "everysec";
  // Needed for powerLoss().
  recordSyncs?: boolean;
  // When the log has doubled and is so large (as Redis says it: "16mb"), Redis writes it anew; without, never.
  rewriteLogAt?: string;
}

export class RedisServer {
  private process: ManagedProcess | undefined;
  private readonly data: string;
  private readonly notes: string;

  constructor(private readonly options: RedisOptions) {
    this.data = join(options.folder, "redis");
    this.notes = join(options.folder, "synced");
    mkdirSync(this.data);
    mkdirSync(this.notes);
  }

  get socket(): string {
    return join(this.options.folder, "redis.sock");
  }

  get address(): string {
    return `unix:${this.socket}`;
  }

  get server(): ManagedProcess {
    if (this.process === undefined) throw new Error("redis-server was not started");
    return this.process;
  }

  async start(): Promise<void> {
    const fsync = this.options.appendfsync ?? "always";
    const settings: Record<string, string> = {
      port: "0",
      unixsocket: this.socket,
      dir: this.data,
      save: "",
      appendonly: "yes",
      appendfsync: fsync,
      "no-appendfsync-on-rewrite": "no",
      // Without `always` the power may go in the middle of a command.
      "aof-load-truncated": fsync === "always" ? "no" : "yes",
      "auto-aof-rewrite-percentage": this.options.rewriteLogAt === undefined ? "0" : "100",
      "auto-aof-rewrite-min-size": this.options.rewriteLogAt ?? "64mb",
      "maxmemory-policy": "noeviction",
    };
    const environment: Record<string, string> = {};
    if (this.options.recordSyncs) {
      environment.LD_PRELOAD = powerlossLibrary();
      environment.KEFU_POWERLOSS_DIR = this.notes;
      // The sanitizers insist on being the first library; redis-server has none.
      environment.ASAN_OPTIONS = "verify_asan_link_order=0";
    }
    this.process = new ManagedProcess({
      name: "redis",
      file: "redis-server",
      args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
      log: join(this.options.folder, "redis.log"),
      environment,
    });
    // A long log takes its time to be read.
    await eventually(
      "redis-server to answer",
      async () => {
        if (!this.server.alive) throw new Error(`redis-server ended\n${this.server.logTail()}`);
        return (await ping(this.socket)) === "+PONG";
      },
      300_000,
    );
  }

  // The production library; `test` the one that honours the time a caller names; "no-cursor-check" the control
  // that lets cursors move from wherever they stand. `checkout`: of another release.
  loadFunctions(service: string, library: "production" | "test" | "no-cursor-check" = "production", checkout = repository): void {
    const options = { production: [], test: ["--test"], "no-cursor-check": ["--test", "--no-cursor-check"] }[library];
    const assemble = join(checkout, "services/common/redis/functions/assemble.sh");
    const text = execFileSync("sh", [assemble, service, ...options]);
    const answer = execFileSync("redis-cli", ["-s", this.socket, "-x", "FUNCTION", "LOAD", "REPLACE"], {
      input: text,
      encoding: "utf8",
    }).trim();
    if (answer !== `kefu_${service}`) throw new Error(`loading the functions of ${service}: ${answer}`);
  }

  // One command; the answer as redis-cli prints it to a program.
  command(...words: string[]): string {
    return execFileSync("redis-cli", ["-s", this.socket, ...words], { encoding: "utf8" }).trimEnd();
  }

  // kill -9; the kernel still writes what Redis had handed to it.
  async kill(): Promise<void> {
    await this.server.kill();
  }

  // Everything that was not synced is lost. Answers how many bytes that were. Leaves it stopped.
  async powerLoss(): Promise<number> {
    if (!this.options.recordSyncs) throw new Error("powerLoss needs recordSyncs");
    await this.kill();
    const folder = join(this.data, "appendonlydir");
    let lost = 0;
    for (const name of readdirSync(folder).filter((file) => file.endsWith(".incr.aof"))) {
      const file = join(folder, name);
      const note = join(this.notes, name);
      const synced = existsSync(note) ? Number(readFileSync(note, "utf8")) : 0;
      const size = statSync(file).size;
      if (synced > size) throw new Error(`${name}: ${synced} bytes noted as synced, but it has ${size}`);
      truncateSync(file, synced);
      lost += size - synced;
    }
    return lost;
  }

  async stop(): Promise<void> {
    if (this.process?.alive) await this.process.kill();
  }
}

async function ping(socket: string): Promise<string | undefined> {
  return await new Promise((resolve) => {
    const connection = createConnection(socket, () => connection.write("PING\r\n"));
    connection.once("data", (data) => {
      connection.destroy();
      resolve(data.toString().trim());
    });
    connection.once("error", () => resolve(undefined));
    connection.once("close", () => resolve(undefined));
  });
}

// Builds the preload library once; a newer source builds it anew.
function powerlossLibrary(): string {
  const source = join(testsFolder, "support", "powerloss.c");
  const library = join(testsFolder, "dist", "powerloss.so");
  if (!existsSync(library) || statSync(library).mtimeMs < statSync(source).mtimeMs) {
    const made = `${library}.${process.pid}`;
    execFileSync("cc", ["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-o", made, source, "-ldl", "-lpthread"], {
      stdio: "inherit",
    });
    renameSync(made, library);
  }
  return library;
}
