// How far consumers are behind, seen from outside: the age of the oldest event that a consumer's cursor has not passed,
// whoever should have read it. Processes are not asked: the one that is dead holds leases on what nobody reads.
import { type Socket, createConnection } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Client, credentials } from "@grpc/grpc-js";

import { type ListCursorsResponse, ListCursorsRequestSchema, ListCursorsResponseSchema } from "../../gen/kefu/events/v1/service_pb.js";
import type { Cluster } from "../../support/cluster.js";

const everyMs = 50;
const listCursors = "/kefu.events.v1.ConsumerService/ListCursors";
// Every consumer that keeps its cursors in Redis.
const consumers = ["inquiries", "orders", "logistics", "after_sales", "gateway", "probe"];

// ARGV: shops, as JSON; consumers; the cursors of those that keep them elsewhere, as [consumer, shop, source, seq].
const oldest = `
local routing = { service = 'gateway', stream = 'ev', head = 'routing_seq', time = 'at' }
local function log_of(source)
  if source == 'routing' then return routing end
  return { service = source == 'directory' and 'gateway' or source, stream = 'outbox', head = 'outbox', time = 't' }
end
local clock = redis.call('TIME')
local now, worst, who = clock[1] * 1000 + math.floor(clock[2] / 1000), 0, ''
local function look(consumer, shop, source, seq)
  local log = log_of(source)
  local prefix = 'kf:' .. log.service .. ':{' .. shop .. '}:'
  if tonumber(redis.call('HGET', prefix .. 'meta', log.head) or '0') <= seq then return end
  local next = redis.call('XRANGE', prefix .. log.stream, string.format('%.0f', seq + 1) .. '-0', '+', 'COUNT', '1')[1]
  if not next then return end
  for i = 1, #next[2], 2 do
    local age = next[2][i] == log.time and now - tonumber(next[2][i + 1]) or 0
    if age > worst then worst, who = age, consumer .. ' reads ' .. source .. ' of ' .. shop end
  end
end
for _, shop in ipairs(cjson.decode(ARGV[1])) do
  for _, consumer in ipairs(cjson.decode(ARGV[2])) do
    local cursors = redis.call('HGETALL', 'kf:' .. consumer .. ':{' .. shop .. '}:cursors')
    for i = 1, #cursors, 2 do
      look(consumer, shop, cursors[i], tonumber(string.match(cursors[i + 1], ':(%d+)')))
    end
  end
end
for _, cursor in ipairs(cjson.decode(ARGV[3])) do look(cursor[1], cursor[2], cursor[3], tonumber(cursor[4])) end
return string.format('%.0f', worst) .. ' ' .. who`;

export interface Behind {
  at: number;
  ms: number;
  // The slowest.
  who: string;
}

export class LagWatch {
  // Oldest first. While nobody can tell, there is none.
  readonly seen: Behind[] = [];
  private running = true;
  private readonly done: Promise<void>;

  constructor(
    private readonly cluster: Cluster,
    private readonly shops: string[],
  ) {
    this.done = this.watch();
  }

  async stop(): Promise<void> {
    this.running = false;
    await this.done;
  }

  private async watch(): Promise<void> {
    const records = new Records(this.cluster.service("records").address);
    while (this.running) {
      try {
        const elsewhere = (await Promise.all(this.shops.map((shop) => records.cursors(shop)))).flat();
        const args = [this.shops, consumers, elsewhere].map((value) => JSON.stringify(value));
        const [ms, ...who] = (await evaluate(this.cluster.redis.socket, oldest, args)).split(" ");
        this.seen.push({ at: Date.now(), ms: Number(ms), who: who.join(" ") });
      } catch {
        // Redis or records is away: nobody reads, and nothing can be said.
      }
      await delay(everyMs);
    }
    records.close();
  }
}

// From `since` until nobody is behind by a second any more, and stays so up to `until`. Undefined if somebody still is
// then, or if nobody could tell.
export function recovery(seen: Behind[], since: number, until: number): { ms: number; who: string } | undefined {
  const window = seen.filter(({ at }) => at >= since && at <= until);
  const late = window.filter(({ ms }) => ms >= 1000).at(-1);
  const back = late === undefined ? window[0] : window[window.indexOf(late) + 1];
  return back === undefined ? undefined : { ms: back.at - since, who: late?.who ?? "" };
}

// The cursors of records, which keeps them in its database.
class Records {
  private readonly client: Client;

  constructor(address: string) {
    this.client = new Client(address, credentials.createInsecure(), {
      "grpc.initial_reconnect_backoff_ms": 50,
      "grpc.max_reconnect_backoff_ms": 100,
    });
  }

  // As the script takes them.
  async cursors(shop: string): Promise<string[][]> {
    const request = create(ListCursorsRequestSchema, { shop });
    const encode = () => Buffer.from(toBinary(ListCursorsRequestSchema, request));
    const decode = (bytes: Buffer) => fromBinary(ListCursorsResponseSchema, bytes);
    const response = await new Promise<ListCursorsResponse>((resolve, reject) => {
      const deadline = Date.now() + 500;
      this.client.makeUnaryRequest(listCursors, encode, decode, request, { deadline }, (error, answer) =>
        answer === undefined ? reject(error ?? new Error("no answer")) : resolve(answer),
      );
    });
    return response.cursors.map(({ source, seq }) => ["records", shop, source, String(seq)]);
  }

  close(): void {
    this.client.close();
  }
}

// A script's answer, which must be a string. A connection each time: nothing is left over when Redis dies.
async function evaluate(socket: string, script: string, args: string[]): Promise<string> {
  const words = ["EVAL", script, "0", ...args];
  const command = `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;
  return await new Promise((resolve, reject) => {
    let answer = "";
    const connection: Socket = createConnection(socket, () => connection.write(command));
    connection.setEncoding("utf8").setTimeout(500, () => connection.destroy(new Error("redis does not answer")));
    connection.on("data", (text: string) => {
      answer += text;
      const reply = /^\$\d+\r\n([^\r]*)\r\n/.exec(answer);
      if (reply !== null) resolve(reply[1]!);
      if (reply !== null || answer.startsWith("-")) connection.destroy();
    });
    connection.on("error", reject);
    connection.on("close", () => reject(new Error(`redis: ${answer}`)));
  });
}
