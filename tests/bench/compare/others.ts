// What kefu is compared with: the chain without logic, socket.io on two processes, Redis alone.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { testsFolder } from "../../support/paths.js";
import { RedisServer } from "../../support/redis.js";
import { type Candidate, type PersonPlan, type Plan, Printer, type Server, type System, benchBinary, messageId, messageText } from "./system.js";

// Redis as kefu's own, and programs beside it.
class Beside implements System {
  protected readonly folder = mkdtempSync(join(tmpdir(), "kefu-compare-"));
  protected readonly redis = new RedisServer({ folder: this.folder });
  protected readonly programs: Printer[] = [];

  async start(): Promise<this> {
    await this.redis.start();
    await this.startPrograms();
    return this;
  }

  protected async startPrograms(): Promise<void> {}

  protected async run(name: string, file: string, ...args: string[]): Promise<void> {
    this.programs.push(await Printer.start(name, join(this.folder, "programs.log"), file, ...args));
  }

  servers(): Server[] {
    return [...this.programs, { name: "Redis", pid: this.redis.server.pid }];
  }

  // Buyer and agent of a pair, told apart by their places.
  async pairs(count: number): Promise<Plan> {
    const people = Array.from({ length: 2 * count }, (_, index) => this.person(index, index ^ 1));
    return { kind: this.kind(), people };
  }

  protected kind(): Plan["kind"] {
    return "redis";
  }

  protected person(index: number, _peer: number): PersonPlan {
    const words = ["XADD", `conversation:${index}`, "*", "id", messageId, "text", messageText];
    const send = `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;
    // Shown to oneself: there is nobody else.
    return { address: this.redis.address, peer: index, send };
  }

  async stop(): Promise<void> {
    await Promise.all(this.programs.map((program) => program.stop()));
    await this.redis.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

// One connection for each of fifty, as there are fifty pairs.
class RedisAlone extends Beside {
  override async pairs(count: number): Promise<Plan> {
    const plan = await super.pairs(count);
    return { ...plan, people: plan.people.slice(0, count) };
  }
}

class WithListeners extends Beside {
  async idle(count: number): Promise<Plan> {
    const people = Array.from({ length: count }, (_, index) => {
      const { send: _send, sendPath: _sendPath, ...listener } = this.person(index, index);
      return listener;
    });
    return { kind: this.kind(), people };
  }
}

class Chain extends WithListeners {
  protected override async startPrograms(): Promise<void> {
    const at = (name: string) => join(this.folder, name);
    const events = `ipc://${at("events")}`;
    const service = `unix:${at("service.sock")}`;
    await this.run("service", benchBinary("compare_chain"), "service", service, this.redis.socket, events);
    await this.run("gateway", benchBinary("compare_chain"), "gateway", "127.0.0.1:0", service, events);
  }

  protected override kind(): Plan["kind"] {
    return "grpc";
  }

  protected override person(index: number, peer: number): PersonPlan {
    return {
      address: `127.0.0.1:${this.programs[1]!.port}`,
      peer,
      listenPath: "/kefu.bench.Chain/Listen",
      listen: fields(`person:${index}`),
      sendPath: "/kefu.bench.Chain/Say",
      send: fields(`person:${peer}`, messageId, messageText),
    };
  }
}

// A message of strings, numbered from 1, each shorter than 16 KiB.
function fields(...texts: string[]): Buffer {
  return Buffer.concat(
    texts.map((text, index) => {
      const bytes = Buffer.from(text);
      const length = bytes.length < 128 ? [bytes.length] : [(bytes.length & 127) | 128, bytes.length >> 7];
      return Buffer.concat([Buffer.from([((index + 1) << 3) | 2, ...length]), bytes]);
    }),
  );
}

const peers = join(testsFolder, "bench", "peers");

class SocketIo extends WithListeners {
  constructor(private readonly transport: "websocket" | "polling") {
    super();
  }

  protected override async startPrograms(): Promise<void> {
    for (const name of ["one process", "the other"]) {
      await this.run(name, process.execPath, join(peers, "server.mjs"), this.redis.socket, this.transport);
    }
  }

  protected override kind(): Plan["kind"] {
    return this.transport;
  }

  // The two of a pair are at different processes.
  protected override person(index: number, peer: number): PersonPlan {
    return {
      address: `127.0.0.1:${this.programs[index % 2]!.port}`,
      peer,
      listenPath: "/socket.io/",
      listen: JSON.stringify({ conversation: `conversation:${Math.min(index, peer)}` }),
      sendPath: "say",
      send: JSON.stringify(["say", messageId, messageText]),
    };
  }
}

export function installPeers(): void {
  execFileSync("npm", ["ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: peers, stdio: "inherit" });
}

export const otherCandidates: Candidate[] = [
  { name: "chain", title: "chain without logic, gRPC", start: () => new Chain().start() },
  { name: "socketio", title: "socket.io, WebSocket", start: () => new SocketIo("websocket").start() },
  { name: "socketio-polling", title: "socket.io, polling first", start: () => new SocketIo("polling").start() },
  { name: "redis", title: "Redis alone", start: () => new RedisAlone().start() },
];
