// What routing carries through the public API over gRPC: sessions a second from their opening to their end, how soon an
// arriving session stands in its agent's stream, and how soon a free slot is filled from a full queue. Prints a table.
// Starts everything it needs and stops by itself; use a release build (KEFU_BIN). The functions alone: routing_bench.
//
//   node dist/bench/routing.js [--seconds 5] [--rounds 3] [--agents 20] [--buyers 64]
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";

import { Cluster } from "../support/cluster.js";
import { GrpcProgram, type Plain } from "../support/grpc.js";
import { type Buyer, Shop, type Staff, requestId } from "../support/people.js";
import { behindProxy } from "../support/test_cluster.js";
import { eventually } from "../support/wait.js";
import { cpuOf, machine, median, quantile } from "./measure.js";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "5" },
    rounds: { type: "string", default: "3" },
    agents: { type: "string", default: "20" },
    buyers: { type: "string", default: "64" },
  },
});
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);
// Slots of an agent: the capacity by the weight of a chat.
const slots = 5;

// An agent's connection and stream, which tells what it is given.
class Desk {
  private readonly program: GrpcProgram;

  constructor(cluster: Cluster, staff: Staff, private readonly given: (session: Plain, desk: Desk) => void) {
    this.program = new GrpcProgram(cluster.gateway(0).port("grpc"), { token: staff.token });
  }

  async begin(): Promise<void> {
    const stream = this.program.subscribe("agent", "Subscribe");
    await stream.next("snapshot");
    stream.listen(({ session }) => {
      if (session?.held && session.session.state === "STATE_ACTIVE") this.given(session.session, this);
    });
    await this.program.call("agent", "SetPresence", { requestId: requestId(), presence: "PRESENCE_ONLINE" });
  }

  async close(session: Plain, lastSeenSeq: number): Promise<void> {
    const { session: name, fence } = session;
    await this.program.call("agent", "CloseSession", { requestId: requestId(), session: name, fence, lastSeenSeq, reason: "solved" });
  }

  end(): void {
    this.program.close();
  }
}

interface Seat {
  session: Plain;
  desk: Desk;
  at: number;
}

// Everybody who works, and buyers who come again and again.
class Floor {
  private readonly waiting = new Map<string, (seat: Seat) => void>();
  private readonly early = new Map<string, Seat>();
  private readonly desks: Desk[] = [];
  // Of sessions that nobody asked for one by one.
  taken: (seat: Seat) => void = () => {};

  private constructor(private readonly callers: { program: GrpcProgram; buyer: Buyer }[]) {}

  static async open(cluster: Cluster, id: string, agents: number, buyers: number): Promise<Floor> {
    const shop = await Shop.create(cluster, id);
    const callers = [];
    for (let i = 0; i < buyers; ++i) {
      const buyer = await shop.guest();
      callers.push({ program: new GrpcProgram(cluster.gateway(0).port("grpc"), { token: buyer.token }), buyer });
    }
    const floor = new Floor(callers);
    for (let i = 0; i < agents; ++i) {
      const desk = new Desk(cluster, await shop.staff(), (session, at) => floor.seat({ session, desk: at, at: performance.now() }));
      await desk.begin();
      floor.desks.push(desk);
    }
    return floor;
  }

  get buyers(): number {
    return this.callers.length;
  }

  private seat(seat: Seat): void {
    const name = seat.session.session as string;
    const waiter = this.waiting.get(name);
    this.waiting.delete(name);
    if (waiter !== undefined) waiter(seat);
    else this.early.set(name, seat);
    this.taken(seat);
  }

  // Answers when the message is acknowledged: the session and the entry's place.
  async come(buyer: number): Promise<{ session: string; seq: number }> {
    const { program } = this.callers[buyer]!;
    const { message } = await program.call("buyer", "OpenSession", { requestId: requestId(), content: { text: { body: "hello" } } });
    return { session: message.session as string, seq: message.entry.seq as number };
  }

  async seatOf(session: string): Promise<Seat> {
    const early = this.early.get(session);
    this.early.delete(session);
    return early ?? (await new Promise((resolve) => this.waiting.set(session, resolve)));
  }

  forget(session: string): void {
    this.early.delete(session);
  }

  end(): void {
    for (const desk of this.desks) desk.end();
    for (const { program } of this.callers) program.close();
  }
}

interface Round {
  perSecond: number;
  cpuMicros: number;
  // Milliseconds from the call to the agent's stream.
  delays: number[];
}

// Buyers come, are served and gone, each again as soon as it was; `everyMs`: no sooner than that after it came.
async function arrivals(cluster: Cluster, floor: Floor, inFlight: number, everyMs = 0): Promise<Round> {
  const end = performance.now() + seconds * 1000;
  const cpu = cpuOf(cluster);
  const began = performance.now();
  const delays: number[] = [];
  await Promise.all(
    Array.from({ length: inFlight }, async (_, buyer) => {
      if (everyMs > 0) await delay((everyMs * buyer) / inFlight);
      while (performance.now() < end) {
        const came = performance.now();
        const { session, seq } = await floor.come(buyer);
        const { session: given, desk, at } = await floor.seatOf(session);
        delays.push(at - came);
        await desk.close(given, seq);
        await delay(Math.max(0, came + everyMs - performance.now()));
      }
    }),
  );
  const perSecond = (delays.length * 1000) / (performance.now() - began);
  return { perSecond, cpuMicros: (cpuOf(cluster) - cpu) / delays.length, delays };
}

// More wait than there are slots: one session after the other is closed, at a pace, and the next one comes in. By round.
async function refills(floor: Floor, everyMs: number): Promise<number[][]> {
  const held: Seat[] = [];
  const seqs = new Map<string, number>();
  const owners = new Map<string, number>();
  const closed = new Map<Desk, number[]>();
  let delays: number[] = [];
  floor.taken = (seat) => {
    held.push(seat);
    floor.forget(seat.session.session as string);
    const since = closed.get(seat.desk)?.shift();
    if (since !== undefined) delays.push(seat.at - since);
  };
  const come = async (buyer: number) => {
    const { session, seq } = await floor.come(buyer);
    seqs.set(session, seq);
    owners.set(session, buyer);
  };
  await Promise.all(Array.from({ length: floor.buyers }, (_, buyer) => come(buyer)));
  await eventually("the slots to be filled", () => held.length > 0 && held.every(({ session }) => seqs.has(session.session as string)));
  const byRound: number[][] = [];
  for (let round = 0; round < rounds; ++round) {
    byRound.push((delays = []));
    const end = performance.now() + seconds * 1000;
    while (performance.now() < end) {
      const next = performance.now() + everyMs;
      const seat = held.shift();
      // All that are held are about to be closed.
      if (seat === undefined) {
        await delay(1);
        continue;
      }
      const name = seat.session.session as string;
      const times = closed.get(seat.desk) ?? [];
      closed.set(seat.desk, times);
      times.push(performance.now());
      await seat.desk.close(seat.session, seqs.get(name)!);
      void come(owners.get(name)!);
      await delay(Math.max(0, next - performance.now()));
    }
  }
  return byRound;
}

const noLimits = { buyer_messages_per_10s: 1e6, buyer_sessions_per_minute: 1e6, buyer_writes_per_10s: 1e6, buyer_reads_per_10s: 1e6 };
const cluster = await Cluster.start({
  gateways: 1,
  gatewayConfig: { ...behindProxy, limits: noLimits, grpc: { listen: "127.0.0.1:0" } },
});
try {
  const agents = Number(values.agents);
  const inFlight = Math.min(Number(values.buyers), agents * slots);
  console.log(`${machine()}; AOF always; one gateway, one inquiries; ${agents} agents; medians of ${rounds} × ${seconds} s\n`);
  const floor = await Floor.open(cluster, "bench", agents, inFlight);
  const saturated: Round[] = [];
  const half: Round[] = [];
  for (let round = 0; round < rounds; ++round) {
    saturated.push(await arrivals(cluster, floor, inFlight));
    half.push(await arrivals(cluster, floor, inFlight, (2000 * inFlight) / saturated.at(-1)!.perSecond));
  }
  floor.end();
  // Half as many slots as buyers.
  const few = await Floor.open(cluster, "bench-full", Math.max(1, Math.floor(inFlight / slots / 2)), inFlight);
  const pace = 2000 / median(saturated.map(({ perSecond }) => perSecond));
  const fills = await refills(few, pace);
  few.end();
  const across = (each: number[][], share: number) => median(each.map((delays) => quantile(delays, share))).toFixed(1);
  console.log("| what | |\n| --- | ---: |");
  console.log(`| sessions opened, assigned and closed, a second, ${inFlight} in flight | ${Math.round(median(saturated.map(({ perSecond }) => perSecond)))} |`);
  console.log(`| CPU µs of all servers for each | ${Math.round(median(saturated.map(({ cpuMicros }) => cpuMicros)))} |`);
  const delays = half.map((round) => round.delays);
  console.log(`| from the buyer's call to the agent's stream, at half of that: p50, p99 ms | ${across(delays, 0.5)}, ${across(delays, 0.99)} |`);
  console.log(`| from the close of one to the next one in the agent's stream, others waiting: p50, p99 ms | ${across(fills, 0.5)}, ${across(fills, 0.99)} |`);
} finally {
  await cluster.stop();
}
