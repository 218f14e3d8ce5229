// Does to a cluster at seeded moments what happens to clusters: processes are killed, stopped for a while, and the
// store loses its power.
import { setTimeout as delay } from "node:timers/promises";

import type { Cluster } from "../../support/cluster.js";
import type { Random } from "../../support/random.js";
import type { Service } from "../../support/service.js";

export type Fault = "kill a gateway" | "kill inquiries" | "stop a process" | "stop redis" | "power loss";

export class Chaos {
  readonly done: string[] = [];
  private lostBytes = 0;

  constructor(
    private readonly cluster: Cluster,
    private readonly random: Random,
    private readonly faults: Fault[],
    // Mean time between two.
    private readonly everyMs: number,
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
    return [...this.cluster.gateways, ...this.cluster.inquiries];
  }

  async inflict(fault: Fault): Promise<void> {
    const { cluster, random } = this;
    switch (fault) {
      case "kill a gateway":
        return await this.restart(random.pick(cluster.gateways));
      case "kill inquiries":
        return await this.restart(random.pick(cluster.inquiries));
      case "stop a process":
        return await this.stop(random.pick(this.services()));
      case "stop redis": {
        this.done.push(fault);
        cluster.redis.server.signal("SIGSTOP");
        await delay(random.integer(200, 1500));
        cluster.redis.server.signal("SIGCONT");
        return;
      }
      case "power loss": {
        const lost = await cluster.redis.powerLoss();
        this.lostBytes += lost;
        this.done.push(`${fault} (${lost} bytes)`);
        await cluster.redis.start();
      }
    }
  }

  private async restart(service: Service): Promise<void> {
    this.done.push(`kill ${service.name}`);
    await service.kill();
    await delay(this.random.integer(0, 500));
    await service.start();
  }

  private async stop(service: Service): Promise<void> {
    this.done.push(`stop ${service.name}`);
    service.pause();
    await delay(this.random.integer(200, 1500));
    service.resume();
  }

  summary(): string {
    return `${this.done.length} faults: ${this.done.join(", ")}`;
  }

  // Bytes that were written and not synced when the power went.
  get lost(): number {
    return this.lostBytes;
  }
}
