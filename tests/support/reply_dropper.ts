// A proxy between clients and one gateway that passes every request on and sometimes cuts the connection instead of
// passing on the answer: the caller cannot know whether the call took effect. Streams are cut at random moments.
import { Agent, type IncomingMessage, type Server, type ServerResponse, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

import type { Random } from "./random.js";
import type { Service } from "./service.js";

export interface DropOptions {
  // Of unary answers.
  drop: number;
  // Of stream frames: after this share of them the stream is cut.
  cut: number;
}

export class ReplyDropper {
  dropped = 0;
  cut = 0;
  passed = 0;
  private readonly server: Server;
  private readonly agent = new Agent({ keepAlive: true });

  private constructor(
    private readonly target: Service,
    private readonly random: Random,
    // May be changed while it runs.
    readonly options: DropOptions,
  ) {
    this.server = createServer((incoming, outgoing) => this.pass(incoming, outgoing));
    this.server.keepAliveTimeout = 60_000;
  }

  static async before(target: Service, random: Random, options: DropOptions): Promise<ReplyDropper> {
    const proxy = new ReplyDropper(target, random, { ...options });
    await new Promise<void>((resolve) => proxy.server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  private pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method, url, headers } = incoming;
    const [host, port] = this.target.address.split(":");
    const forward = request({ host, port, method, path: url, headers, agent: this.agent });
    const cutOff = () => outgoing.socket?.destroy();
    forward.on("error", cutOff);
    forward.on("response", (answer) => {
      answer.on("error", cutOff);
      if ((headers["content-type"] ?? "").startsWith("application/connect+")) this.passStream(answer, outgoing);
      else this.passAnswer(answer, outgoing);
    });
    outgoing.on("close", () => forward.destroy());
    incoming.on("error", () => forward.destroy());
    incoming.pipe(forward);
  }

  private passAnswer(answer: IncomingMessage, outgoing: ServerResponse): void {
    if (this.random.chance(this.options.drop)) {
      ++this.dropped;
      answer.resume();
      answer.on("end", () => outgoing.socket?.destroy());
      return;
    }
    ++this.passed;
    outgoing.writeHead(answer.statusCode!, answer.headers);
    answer.pipe(outgoing);
  }

  private passStream(answer: IncomingMessage, outgoing: ServerResponse): void {
    outgoing.writeHead(answer.statusCode!, answer.headers);
    outgoing.flushHeaders();
    answer.on("data", (data: Buffer) => {
      if (this.random.chance(this.options.cut)) {
        ++this.cut;
        outgoing.socket?.destroy();
      } else {
        outgoing.write(data);
      }
    });
    answer.on("end", () => outgoing.end());
    answer.on("close", () => {
      if (!answer.complete) outgoing.socket?.destroy();
    });
  }

  async close(): Promise<void> {
    this.agent.destroy();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
