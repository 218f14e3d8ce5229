// Does to a cluster at seeded moments what happens to clusters: processes are killed, stopped for a while, and the
// store loses its power.
import { setTimeout as delay } from "node:timers/promises";

import type { Cluster } from "../../support/cluster.js";
import type { Random } from "../../support/random.js";
import type { Service } from "../../support/service.js";
import { eventually } from "../../support/wait.js";

// A second longer than it keeps in mind that it is to stop.
const probeStopsWithinMs = 3000;

export type Fault =
  | "kill a gateway"
  | "kill inquiries"
  | "kill a process"
  | "kill a probe in an event"
  // Longer than a lease.
  | "stop a probe in an event"
  // Gone for seconds: what it hears next, it has missed the beginning of.
  | "late joiner"
  | "stop a process"
  // Long enough that others take over its leases; then it goes on as if nothing had been.
  | "stop longer than a lease"
  | "stop redis"
  | "power loss";

export interface Inflicted {
  fault: Fault;
  // What was done, to whom.
  what: string;
  began: number;
  // The fault itself is over: what was stopped goes on, what was killed is started again by whoever looks after it
  // (not: ready again), Redis answers again.
  ended: number;
}

export class Chaos {
  readonly done: Inflicted[] = [];
  private lostBytes = 0;

  constructor(
    private readonly cluster: Cluster,
    private readonly random: Random,
    private readonly faults: Fault[],
    // Mean time between two.
    private readonly everyMs: number,
    // Processes beside the cluster's own.
    private readonly others: Service[] = [],
  ) {}

  // Each fault once in random order, then at random, until the time is over. Everything runs again in the end.
  async run(seconds: number): Promise<void> {
    const end = Date.now() + seconds * 1000;
    const first = [...this.faults].sort(() => this.random.next() - 0.5);
    while (Date.now() < end) {
      await delay(this.random.integer(this.everyMs / 2, (3 * this.everyMs) / 2));
      const fault = first.pop() ?? (this.faults.length > 0 ? this.random.pick(this.faults) : undefined);
      if (fault !== undefined) await this.inflict(fault);
    }
    for (const fault of first) await this.inflict(fault);
    await Promise.all(this.services().map((service) => service.ready()));
  }

  private services(): Service[] {
    return [...this.cluster.processes(), ...this.others];
  }

  async inflict(fault: Fault): Promise<void> {
    const { cluster, random } = this;
    switch (fault) {
      case "kill a gateway":
        return await this.restart(fault, random.pick(cluster.gateways));
      case "kill inquiries":
        return await this.restart(fault, random.pick(cluster.inquiries));
      case "kill a process":
        return await this.restart(fault, random.pick(this.services()));
      case "kill a probe in an event":
        return await this.restart(fault, await this.probeInEvent());
      case "stop a probe in an event":
        return await this.stop(fault, await this.probeInEvent(), random.integer(4000, 5000));
      case "late joiner":
        return await this.restart(fault, random.pick(this.services()), random.integer(2000, 5000));
      case "stop a process":
        return await this.stop(fault, random.pick(this.services()), random.integer(200, 1500));
      case "stop longer than a lease":
        return await this.stop(fault, random.pick(this.services()), random.integer(4000, 6000));
      case "stop redis": {
        const began = Date.now();
        cluster.redis.server.signal("SIGSTOP");
        await delay(random.integer(200, 1500));
        cluster.redis.server.signal("SIGCONT");
        this.done.push({ fault, what: fault, began, ended: Date.now() });
        return;
      }
      case "power loss": {
        const began = Date.now();
        const lost = await cluster.redis.powerLoss();
        this.lostBytes += lost;
        await cluster.redis.start();
        this.done.push({ fault, what: `${fault} (${lost} bytes)`, began, ended: Date.now() });
      }
    }
  }

  private async restart(fault: Fault, service: Service, goneMs = this.random.integer(0, 500)): Promise<void> {
    const began = Date.now();
    await service.kill();
    await delay(goneMs);
    const started = service.start();
    this.done.push({ fault, what: `kill ${service.name}`, began, ended: Date.now() });
    await started;
  }

  private async stop(fault: Fault, service: Service, forMs: number): Promise<void> {
    const began = Date.now();
    service.pause();
    await delay(forMs);
    service.resume();
    this.done.push({ fault, what: `stop ${service.name}`, began, ended: Date.now() });
  }

  // One of the probes, stopped in the middle of an event. Where another one has all the leases, none comes.
  private async probeInEvent(): Promise<Service> {
    for (let at = this.random.integer(0, this.others.length - 1), tried = 0; tried < 10; ++at, ++tried) {
      const probe = this.others[at % this.others.length]!;
      probe.server.signal("SIGUSR1");
      if (await eventually("", () => probe.server.stopped, probeStopsWithinMs).catch(() => false)) return probe;
    }
    throw new Error("no probe has events");
  }

  summary(): string {
    return `${this.done.length} faults: ${this.done.map(({ what }) => what).join(", ")}`;
  }

  // Bytes that were written and not synced when the power went.
  get lost(): number {
    return this.lostBytes;
  }
}
