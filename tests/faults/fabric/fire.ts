// The fabric under fire: busy shops, two replicas of every service, and faults; then everything must be as if nothing
// had happened, each effect once.
import { setTimeout as delay } from "node:timers/promises";

import { Cluster } from "../../support/cluster.js";
import type { Random } from "../../support/random.js";
import { behindProxy } from "../../support/test_cluster.js";
import { Chaos, type Fault, type Inflicted } from "../load/chaos.js";
import { type Behind, LagWatch, recovery } from "./lag.js";
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
  roundMs?: number;
  // How long a call is tried again; longer than Redis takes to read its log.
  patienceMs?: number;
  probe?: ProbeOptions;
  // How long after it all everybody has to get to the heads.
  catchUpMs?: number;
  // Is told now and then how it goes.
  tell?: (line: string) => void;
}

export interface Outcome {
  wrong: string[];
  surprises: string[];
  events: number;
  orders: number;
  // From the end of the last fault itself (Inflicted.ended), while the work goes on, until no consumer is behind by a
  // second any more. Not measured with a probe that is broken on purpose.
  recoveredMs: number;
  summary: string;
}

// How long after a fault somebody may fall behind because of it: a lease lapses after three seconds.
const aftermathMs = 10_000;

const noLimits = {
  buyer_messages_per_10s: 10_000, buyer_sessions_per_minute: 10_000, buyer_writes_per_10s: 10_000,
  buyer_reads_per_10s: 10_000,
};

export const fabricFaults: Fault[] = ["kill a process", "stop a process", "stop longer than a lease", "late joiner", "stop redis", "power loss"];

export async function fire(options: FireOptions): Promise<Outcome> {
  const { random } = options;
  const cluster = await Cluster.start({
    replicas: 2,
    recordSyncs: true,
    // As in production, and often: what is read after a power loss stays short.
    rewriteLogAt: "32mb",
    gatewayConfig: { ...behindProxy, limits: noLimits },
  });
  try {
    const probes = await Probes.start(cluster, options.probe);
    const outcome = await underFire(cluster, probes, options, random);
    await probes.stop();
    await cluster.stop();
    return outcome;
  } catch (error) {
    await cluster.stop().catch((late: unknown) => console.error(String(late)));
    throw error;
  }
}

async function underFire(cluster: Cluster, probes: Probes, options: FireOptions, random: Random): Promise<Outcome> {
  const work = await Work.prepare(cluster, {
    shops: options.shops ?? 3,
    workers: options.workers ?? 1,
    batch: options.batch ?? 10,
    roundMs: options.roundMs ?? 500,
    random: random.fork("work"),
    patienceMs: options.patienceMs ?? 60_000,
  });
  const shops = work.shops.map(({ shop }) => shop.id);
  const chaos = new Chaos(cluster, random.fork("chaos"), options.faults, options.everyMs, probes.services);
  const watch = new LagWatch(cluster, shops);
  const telling = setInterval(() => options.tell?.(progress(work, chaos, watch)), 15_000);
  work.begin();
  const recoveredMs = await inflict(cluster, chaos, watch, options).finally(async () => {
    clearInterval(telling);
    await watch.stop();
    await work.end();
  });
  await caughtUp(cluster, probes, options.catchUpMs ?? 300_000);
  const wrong = await judge(cluster, work.shops, probes);
  const total = await events(cluster);
  const summary =
    `${total} events, ${work.orders} orders, ${chaos.summary()}, ${work.retries} retries` +
    (options.probe === undefined ? `, less than a second behind ${recoveredMs} ms after the last fault` : "") +
    recoveries(chaos.done, watch.seen);
  return { wrong, surprises: work.surprises, events: total, orders: work.orders, recoveredMs, summary };
}

// Until there were faults for long enough, and events enough; answers Outcome.recoveredMs.
async function inflict(cluster: Cluster, chaos: Chaos, watch: LagWatch, options: FireOptions): Promise<number> {
  do await chaos.run(options.seconds);
  while ((await events(cluster)) < (options.events ?? 0));
  if (options.probe !== undefined) return NaN;
  const last = chaos.done.at(-1)?.ended ?? Date.now();
  await settled(watch, last);
  return recovery(watch.seen, last, Date.now())?.ms ?? Infinity;
}

// Events committed so far, over all sources and shops, as the consumer of everything has heard.
async function events(cluster: Cluster): Promise<number> {
  const records = (await consumersOf(cluster)).find(({ consumer }) => consumer === "records");
  return (records?.cursors ?? []).reduce((sum, { headSeq }) => sum + Number(headSeq), 0);
}

function progress(work: Work, chaos: Chaos, watch: LagWatch): string {
  const { ms, who } = watch.seen.at(-1) ?? { ms: NaN, who: "" };
  return `${work.orders} orders, ${chaos.done.length} faults, ${ms} ms behind${who && `: ${who}`}`;
}

// Until what the last fault did is over.
async function settled(watch: LagWatch, last: number): Promise<void> {
  const late = () => (watch.seen.at(-1)?.ms ?? Infinity) >= 1000;
  while (Date.now() < last + aftermathMs || (late() && Date.now() < last + 120_000)) await delay(50);
}

// For each kind of fault: from its end until nobody is a second behind any more, of those that the next one left the time.
function recoveries(done: Inflicted[], seen: Behind[]): string {
  const end = seen.at(-1)?.at ?? 0;
  const byKind = new Map<Fault, { took: number[]; worst: string; cut: number }>();
  done.forEach(({ fault, ended }, index) => {
    const kind = byKind.get(fault) ?? { took: [], worst: "", cut: 0 };
    byKind.set(fault, kind);
    const back = recovery(seen, ended, done[index + 1]?.began ?? end);
    if (back === undefined) return ++kind.cut;
    if (back.ms >= Math.max(0, ...kind.took)) kind.worst = back.who;
    return kind.took.push(back.ms);
  });
  return [...byKind]
    .map(([fault, { took, worst, cut }]) => {
      const [middle, most] = [took.sort((a, b) => a - b)[Math.floor(took.length / 2)], took.at(-1)];
      const times = took.length === 0 ? "" : `${took.length} times, in the middle ${middle} ms, at most ${most} ms (${worst}); `;
      return `\n  after "${fault}": ${times}${cut} cut short`;
    })
    .join("");
}

// Whoever does not get there in time is named by the verdict.
async function caughtUp(cluster: Cluster, probes: Probes, withinMs: number): Promise<void> {
  const end = Date.now() + withinMs;
  while ((await lag(cluster)) > 0 || !(await probes.caughtUp(await consumersOf(cluster)))) {
    if (Date.now() > end) return;
    await delay(100);
  }
}
