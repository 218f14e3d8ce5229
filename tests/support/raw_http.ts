// Requests that no well-behaved client sends, byte by byte, and the answers to them.
import { type Socket, createConnection } from "node:net";

import { fromBinary } from "@bufbuild/protobuf";

import { ErrorInfoSchema } from "../gen/google/rpc/error_details_pb.js";

export interface RawAnswer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

// What a Connect error says in its JSON form.
export interface ConnectErrorBody {
  code: string;
  message: string;
  reason: string;
}

export function connectErrorOf(answer: RawAnswer): ConnectErrorBody {
  const json = JSON.parse(answer.body.toString("utf8")) as {
    code: string;
    message?: string;
    details?: { type: string; value: string }[];
  };
  const info = json.details?.find((detail) => detail.type === "google.rpc.ErrorInfo");
  return {
    code: json.code,
    message: json.message ?? "",
    reason: info === undefined ? "" : fromBinary(ErrorInfoSchema, Buffer.from(info.value, "base64")).reason,
  };
}

export interface RawRequest {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
}

// One request on a connection of its own.
export async function rawRequest(address: string, request: RawRequest, timeoutMs = 15_000): Promise<RawAnswer> {
  const connection = await RawConnection.open(address);
  try {
    connection.send(request);
    return await connection.answer(timeoutMs);
  } finally {
    connection.destroy();
  }
}

export class RawConnection {
  closed = false;
  private received = Buffer.alloc(0);
  private wake: () => void = () => {};

  private constructor(readonly socket: Socket) {
    socket.on("data", (data) => {
      this.received = Buffer.concat([this.received, data]);
      this.wake();
    });
    socket.on("error", () => {}); // followed by close
    socket.on("close", () => {
      this.closed = true;
      this.wake();
    });
  }

  static async open(address: string): Promise<RawConnection> {
    const [host, port] = address.split(":");
    return await new Promise((resolve, reject) => {
      const socket = createConnection({ host, port: Number(port) }, () => {
        socket.off("error", reject);
        resolve(new RawConnection(socket));
      });
      socket.once("error", reject);
    });
  }

  write(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  send({ method = "POST", path, headers = {}, body = "" }: RawRequest): void {
    const lines = { Host: "kefu.test", "Content-Length": `${Buffer.byteLength(body)}`, ...headers };
    const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
    this.write(`${method} ${path} HTTP/1.1\r\n${head.join("")}\r\n`);
    this.write(body);
  }

  // The next answer on this connection.
  async answer(timeoutMs = 15_000): Promise<RawAnswer> {
    return await this.until("an answer", () => this.parse(), timeoutMs);
  }

  async untilClosed(timeoutMs = 15_000): Promise<void> {
    await this.until("the connection to be closed", () => (this.closed ? true : undefined), timeoutMs);
  }

  destroy(): void {
    this.socket.destroy();
  }

  private async until<T>(what: string, look: () => T | undefined, timeoutMs: number): Promise<T> {
    const end = Date.now() + timeoutMs;
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (this.closed) throw new Error(`waited for ${what}, but the connection was closed: ${this.received}`);
      const rest = end - Date.now();
      if (rest <= 0) throw new Error(`waited ${timeoutMs} ms for ${what}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, rest);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  private parse(): RawAnswer | undefined {
    const end = this.received.indexOf("\r\n\r\n");
    if (end < 0) return undefined;
    const [first, ...lines] = this.received.subarray(0, end).toString("latin1").split("\r\n");
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
    );
    const length = Number(headers["content-length"] ?? 0);
    const body = this.received.subarray(end + 4, end + 4 + length);
    if (body.length < length) return undefined;
    this.received = this.received.subarray(end + 4 + length);
    return { status: Number(first!.split(" ")[1]), headers, body: Buffer.from(body) };
  }
}
