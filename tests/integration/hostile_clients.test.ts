// Clients that are slow, silent, endless or many cost bounded memory, and nobody else notices them.
import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { after, before, describe, test } from "node:test";

import { Chat } from "../support/chat.js";
import { clientsTo } from "../support/clients.js";
import { connectErrorOf, RawConnection, rawRequest } from "../support/raw_http.js";
import { buyerStream, chainFault } from "../support/streams.js";
import { testCluster } from "../support/test_cluster.js";
import { eventually } from "../support/wait.js";

// AddressSanitizer keeps what was freed, 256 MiB of it, unless told otherwise.
const environment = { ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ""}:quarantine_size_mb=4` };

const mebibyte = 1 << 20;
const path = "/kefu.gateway.v1.AuthService/WhoAmI";

describe("hostile clients", () => {
  const cluster = testCluster({ environment });
  let chat: Chat;
  before(async () => {
    chat = await Chat.start(cluster());
  });
  after(async () => await chat.end());

  const gateway = () => cluster().gateway(0);
  const stillServes = async () => {
    const me = await clientsTo(gateway().url, { token: chat.buyer.token }).auth.whoAmI({});
    assert.equal(me.subject, chat.buyer.buyer);
  };

  // What `act` makes the gateway hold more than before.
  const memoryGrowth = async (act: () => Promise<void>): Promise<number> => {
    const { now } = gateway().server.memory();
    await act();
    const growth = gateway().server.memory().now - now;
    console.log(`the gateway grew by ${(growth / mebibyte).toFixed(1)} MiB`);
    return growth;
  };

  test("who sends headers, a body, or nothing at all too slowly is cut off within seconds", async () => {
    const head = `POST ${path} HTTP/1.1\r\nHost: kefu.test\r\n`;
    const trickled = await RawConnection.open(gateway().address);
    trickled.write(head);
    const drip = setInterval(() => trickled.write("X-Slow: 1\r\n"), 1000);
    const bodiless = await RawConnection.open(gateway().address);
    bodiless.write(`${head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{`);
    const silent = await RawConnection.open(gateway().address);
    const begin = Date.now();
    await stillServes();
    await Promise.all([trickled, bodiless, silent].map((connection) => connection.untilClosed(20_000)));
    clearInterval(drip);
    const took = Date.now() - begin;
    assert.ok(took > 5_000 && took < 15_000, `cut off after ${took} ms`);
  });

  test("a thousand half-sent requests cost bounded memory", async () => {
    const half = `POST ${path} HTTP/1.1\r\nHost: kefu.test\r\nX-Long: ${"x".repeat(12_000)}`;
    const connections: RawConnection[] = [];
    const growth = await memoryGrowth(async () => {
      for (let i = 0; i < 1000; ++i) {
        const connection = await RawConnection.open(gateway().address);
        connection.write(half);
        connections.push(connection);
      }
      await stillServes();
    });
    for (const connection of connections) connection.destroy();
    assert.ok(growth < 64 * mebibyte, `grew by ${growth / mebibyte} MiB`);
  });

  test("two thousand idle connections cost bounded memory", async () => {
    const connections: RawConnection[] = [];
    const growth = await memoryGrowth(async () => {
      for (let i = 0; i < 2000; ++i) connections.push(await RawConnection.open(gateway().address));
      await stillServes();
    });
    for (const connection of connections) connection.destroy();
    assert.ok(growth < 32 * mebibyte, `grew by ${growth / mebibyte} MiB`);
  });

  test("a body announced as ten gigabytes is refused before it is sent", async () => {
    const answer = await rawRequest(gateway().address, {
      path,
      headers: { "Content-Type": "application/json", "Content-Length": "10000000000" },
    });
    assert.equal(answer.status, 413);
    assert.equal(connectErrorOf(answer).code, "resource_exhausted");
  });

  test("a body without an end is refused when it is too long", async () => {
    const connection = await RawConnection.open(gateway().address);
    connection.write(`POST ${path} HTTP/1.1\r\nHost: kefu.test\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`);
    const chunk = `1000\r\n${"x".repeat(0x1000)}\r\n`;
    for (let i = 0; i < 64; ++i) connection.write(chunk);
    assert.equal((await connection.answer()).status, 413);
    await connection.untilClosed();
  });

  test("headers without an end are refused when they are too long", async () => {
    const connection = await RawConnection.open(gateway().address);
    connection.write(`POST ${path} HTTP/1.1\r\nHost: kefu.test\r\n`);
    for (let i = 0; i < 20; ++i) connection.write(`X-Header-${i}: ${"x".repeat(1000)}\r\n`);
    assert.equal((await connection.answer()).status, 431);
    await connection.untilClosed();
  });

  test("what is not HTTP is refused", async () => {
    for (const garbage of ["\u0016\u0003\u0001\u0002\u0000\u0001\u0000\r\n\r\n", "GET\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]) {
      const connection = await RawConnection.open(gateway().address);
      connection.write(garbage);
      await connection.untilClosed();
    }
    await stillServes();
  });

  test("two lengths for one body, and a length beside chunks, are refused", async () => {
    const smuggled = ["Content-Length: 2\r\nContent-Length: 40\r\n", "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n"];
    for (const lengths of smuggled) {
      const connection = await RawConnection.open(gateway().address);
      connection.write(`POST ${path} HTTP/1.1\r\nHost: kefu.test\r\nContent-Type: application/json\r\n${lengths}\r\n{}`);
      assert.equal((await connection.answer()).status, 400);
      await connection.untilClosed();
    }
  });

  test("clients that do not read their streams cost bounded memory, and miss nothing when they read again", async () => {
    // 480 MB, if everything were kept for everybody. With sanitizers memory costs several times what it costs else.
    const streams = [...Array(20).keys()].map(() => new SlowStream(gateway().url, chat.buyer.token));
    const [slow] = streams as [SlowStream];
    await Promise.all(streams.map(({ opened }) => opened));
    const lines = 3000;
    const growth = await memoryGrowth(async () => {
      for (let i = 0; i < lines; i += 30) {
        await Promise.all([...Array(30).keys()].map((j) => chat.agentSays(`${i + j} ${"x".repeat(8000)}`)));
      }
      const { headSeq } = await chat.buyerClients.buyer.listMessages({ beforeSeq: 2n, pageSize: 1 });
      await chat.buyerStream.entry((entry) => entry.seq === headSeq);
    });
    assert.ok(growth < 192 * mebibyte, `grew by ${growth / mebibyte} MiB`);

    slow.read();
    const { headSeq } = await chat.buyerClients.buyer.listMessages({ beforeSeq: 2n, pageSize: 1 });
    const seen = await slow.until(headSeq);
    const resume = { storeEpoch: 1n, conversation: chat.conversation, seq: seen.at(-1) ?? 0n };
    const log = await readFrom(chat, 0n);
    assert.deepEqual(seen, log.slice(0, seen.length), "what it saw is the beginning of the log");
    const again = buyerStream(chat.buyer.at(cluster().gateway(1)), { resume });
    await chat.agentSays("the end");
    await again.said("the end", 30_000);
    assert.equal(chainFault(again.entries(), resume.seq), undefined);
    await again.close();
    for (const stream of streams) stream.destroy();
  });

  test("nobody else's stream suffers from one that does not read", async () => {
    const slow = new SlowStream(gateway().url, chat.buyer.token);
    await slow.opened;
    for (let i = 0; i < 20; ++i) {
      const begin = Date.now();
      const body = `quick ${i}`;
      await chat.agentSays(body);
      await chat.buyerStream.said(body);
      assert.ok(Date.now() - begin < 2000);
    }
    slow.destroy();
  });
});

async function readFrom(chat: Chat, after: bigint): Promise<bigint[]> {
  const { entries } = await chat.buyerClients.buyer.listMessages({ afterSeq: after, pageSize: 500 });
  if (entries.length === 0) return [];
  return [...entries.map(({ seq }) => seq), ...(await readFrom(chat, entries.at(-1)!.seq))];
}

// A subscription whose answer is not read until one says so.
class SlowStream {
  readonly opened: Promise<void>;
  private readonly request;
  private received = Buffer.alloc(0);
  private ended = false;
  private startReading: () => void = () => {};

  constructor(url: string, token: string) {
    const body = Buffer.alloc(5 + 2);
    body.writeUInt32BE(2, 1);
    body.write("{}", 5);
    this.request = httpRequest(`${url}/kefu.gateway.v1.BuyerService/Subscribe`, {
      method: "POST",
      agent: false,
      headers: { "Content-Type": "application/connect+json", Authorization: `Bearer ${token}`, "Content-Length": body.length },
    });
    this.opened = new Promise((resolve, reject) => {
      this.request.on("error", (error) => {
        this.ended = true;
        reject(error);
      });
      this.request.on("response", (answer) => {
        answer.socket.pause();
        this.startReading = () => {
          answer.on("data", (data: Buffer) => (this.received = Buffer.concat([this.received, data])));
          answer.on("close", () => (this.ended = true));
          answer.socket.resume();
        };
        resolve();
      });
    });
    this.request.end(body);
  }

  read(): void {
    this.startReading();
  }

  // The entries up to this one, or up to where the server lost its patience: it says so, or ends the stream.
  async until(head: bigint): Promise<bigint[]> {
    return await eventually(
      "the stream to go on or to end",
      () => {
        const frames = this.frames();
        const cut = frames.findIndex((frame) => "resync" in frame);
        const seen = (cut < 0 ? frames : frames.slice(0, cut)).flatMap(({ entry }) => (entry ? [BigInt(entry.seq)] : []));
        return cut >= 0 || this.ended || seen.at(-1) === head ? seen : undefined;
      },
      40_000,
    );
  }

  private frames(): { entry?: { seq: string }; resync?: object }[] {
    const frames = [];
    for (let at = 0; at + 5 <= this.received.length; ) {
      const length = this.received.readUInt32BE(at + 1);
      if (at + 5 + length > this.received.length) break;
      frames.push(JSON.parse(this.received.subarray(at + 5, at + 5 + length).toString("utf8")));
      at += 5 + length;
    }
    return frames;
  }

  destroy(): void {
    this.request.destroy();
  }
}
