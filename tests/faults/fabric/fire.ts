// The fabric under fire: busy shops, two replicas of every service, and faults; then everything must be as if nothing
// had happened, each effect once.
import { setTimeout as delay } from "node:timers/promises";

import { Cluster } from "../../support/cluster.js";
import type { Random } from "../../support/random.js";
import { behindProxy } from "../../support/test_cluster.js";
import { Chaos, type Fault } from "../load/chaos.js";
import { consumersOf, judge, lag } from "./verdict.js";
import { type ProbeOptions, Probes } from "./probes.js";
import { Work } from "./work.js";

export interface FireOptions {
  random: Random;
  faults: Fault[];
  // Faults for so long, and at least so many events.
  seconds: number;
  events?: number;
  everyMs: number;
  shops?: number;
  workers?: number;
  batch?: number;
  pauseMs?: number;
  probe?: ProbeOptions;
}

export interface Outcome {
  wrong: string[];
  surprises: string[];
  events: number;
  orders: number;
  // From the last fault, when everything runs again and the work goes on, until no consumer is behind by a second. Not
  // measured with a probe that is broken on purpose.
  recoveredMs: number;
  summary: string;
}

const noLimits = { buyer_messages_per_10s: 10_000, buyer_sessions_per_minute: 10_000 };

export const fabricFaults: Fault[] = ["kill a process", "stop a process", "stop longer than a lease", "late joiner", "stop redis", "power loss"];

export async function fire(options: FireOptions): Promise<Outcome> {
  const { random } = options;
  const cluster = await Cluster.start({
    replicas: 2,
    recordSyncs: true,
    gatewayConfig: { ...behindProxy, limits: noLimits },
  });
  try {
    const probes = await Probes.start(cluster, options.probe);
    const work = await Work.prepare(cluster, {
      shops: options.shops ?? 3,
      workers: options.workers ?? 1,
      batch: options.batch ?? 10,
      pauseMs: options.pauseMs ?? 300,
      random: random.fork("work"),
      patienceMs: 60_000,
    });
    work.begin();
    const chaos = new Chaos(cluster, random.fork("chaos"), options.faults, options.everyMs, probes.services);
    do await chaos.run(options.seconds);
    while ((await events(cluster)) < (options.events ?? 0));
    const recoveredMs = options.probe === undefined ? await recovery(cluster, probes) : NaN;
    await work.end();
    await caughtUp(cluster, probes);
    const wrong = await judge(cluster, work.shops, probes);
    const total = await events(cluster);
    const summary =
      `${total} events, ${work.orders} orders, ${chaos.summary()}, ${work.retries} retries, ` +
      `less than a second behind ${recoveredMs} ms after the last fault`;
    await probes.stop();
    await cluster.stop();
    return { wrong, surprises: work.surprises, events: total, orders: work.orders, recoveredMs, summary };
  } catch (error) {
    await cluster.stop().catch((late: unknown) => console.error(String(late)));
    throw error;
  }
}

// Events committed so far, over all sources and shops, as the consumer of everything has heard.
async function events(cluster: Cluster): Promise<number> {
  const records = (await consumersOf(cluster)).find(({ consumer }) => consumer === "records");
  return (records?.cursors ?? []).reduce((sum, { headSeq }) => sum + Number(headSeq), 0);
}

async function recovery(cluster: Cluster, probes: Probes): Promise<number> {
  const since = Date.now();
  const consumers = [...cluster.processes(), ...probes.services];
  while (Date.now() < since + 120_000) {
    const behind = await Promise.all(consumers.map((service) => service.metricMax("kefu_consumer_lag_seconds")));
    if (Math.max(...behind) < 1) break;
    await delay(50);
  }
  return Date.now() - since;
}

// Whoever does not get there in time is named by the verdict.
async function caughtUp(cluster: Cluster, probes: Probes): Promise<void> {
  const end = Date.now() + 300_000;
  while ((await lag(cluster)) > 0 || !(await probes.caughtUp(await consumersOf(cluster)))) {
    if (Date.now() > end) return;
    await delay(100);
  }
}
