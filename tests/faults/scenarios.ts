// The promises under fire, and the positive controls: what breaks a promise on purpose must be found by the checker.
import { setTimeout as delay } from "node:timers/promises";

import { Cluster, type ClusterOptions } from "../support/cluster.js";
import { type Verdict, check, describe } from "../support/history/checker.js";
import { operator, requestId } from "../support/people.js";
import type { Random } from "../support/random.js";
import { behindProxy } from "../support/test_cluster.js";
import { Chaos, type Fault } from "./load/chaos.js";
import type { History } from "./load/history.js";
import { Load, type LoadOptions } from "./load/load.js";

export interface Run {
  verdict: Verdict;
  history: History;
  // Answers that no client should ever get (INTERNAL, UNKNOWN).
  surprises: string[];
  // Written and not synced when the power went.
  lostBytes: number;
}

export interface RunOptions {
  pairs: number;
  seconds: number;
  random: Random;
  faults: Fault[];
  // Mean time between two faults.
  everyMs?: number;
  drop?: number;
  cut?: number;
  cluster?: ClusterOptions;
  load?: Partial<LoadOptions>;
  // What happens when the time is over, before the last messages are said.
  interlude?: (cluster: Cluster, load: Load) => Promise<void>;
}

// The limits on buyers would only make the load wait.
const noLimits = {
  buyer_messages_per_10s: 10_000, buyer_sessions_per_minute: 10_000, buyer_writes_per_10s: 10_000,
  buyer_reads_per_10s: 10_000,
};

export async function run(name: string, options: RunOptions): Promise<Run> {
  const cluster = await Cluster.start({
    inquiries: 2,
    recordSyncs: true,
    ...options.cluster,
    gatewayConfig: { ...behindProxy, limits: noLimits, ...options.cluster?.gatewayConfig },
  });
  let failed = true;
  try {
    const outcome = await underLoad(name, cluster, options);
    failed = false;
    return outcome;
  } finally {
    await cluster.stop().catch((error: unknown) => {
      // The first failure is the one to tell.
      if (!failed) throw error;
      console.error(String(error));
    });
  }
}

async function underLoad(name: string, cluster: Cluster, options: RunOptions): Promise<Run> {
  const { pairs, seconds, random, faults, drop = 0.03, cut = 0.003 } = options;
  const load = await Load.start(cluster, { pairs, random, drop, cut, ...options.load });
  try {
    const chaos = new Chaos(cluster, random.fork("chaos"), faults, options.everyMs ?? 1000);
    await chaos.run(seconds);
    await options.interlude?.(cluster, load);
    await load.finishTalking();
    const history = await load.conclude();
    const verdict = check(history.records);
    console.log(`${name}: ${describe(verdict)}\n${name}: ${chaos.summary()}\n${name}: ${load.summary()}`);
    return { verdict, history, surprises: load.surprises(), lostBytes: chaos.lost };
  } finally {
    await load.close();
  }
}

export const allFaults: Fault[] = ["kill a gateway", "kill inquiries", "stop a process", "stop redis", "power loss"];

export type Control = "everysec" | "dedup-off" | "gap-repair-off" | "epoch-ignored" | "epoch-heeded";

// Runs with one promise switched off. "epoch-heeded" is the counterpart of "epoch-ignored": the same lost tail, but the
// streams heed the new epoch, so that the views must equal what is left of the log.
export async function runControl(control: Control, random: Random, pairs = 10): Promise<Run> {
  const load = { buyerThinksMs: 150, agentThinksMs: 60, patienceMs: 8000 };
  const common = { pairs, random, load, everyMs: 700 };
  switch (control) {
    case "everysec":
      return await run(control, { ...common, seconds: 4, faults: ["power loss"], cluster: { appendfsync: "everysec" } });
    case "dedup-off": {
      const armed = "inquiries.dedup_off=on";
      const cluster = { inquiriesFailpoints: [armed, armed] };
      return await run(control, { ...common, seconds: 3, faults: ["stop redis"], drop: 0.2, cluster });
    }
    case "gap-repair-off": {
      const armed = "streams.gap_repair_off=on";
      const cluster = { gatewayFailpoints: [armed, armed] };
      return await run(control, { ...common, seconds: 4, faults: ["kill inquiries"], everyMs: 400, drop: 0, cut: 0, cluster });
    }
    case "epoch-ignored":
    case "epoch-heeded": {
      const armed = control === "epoch-ignored" ? "streams.epoch_ignored=on" : "";
      return await run(control, {
        ...common,
        seconds: 2,
        faults: [],
        drop: 0,
        cut: 0,
        cluster: { appendfsync: "everysec", gatewayFailpoints: [armed, armed] },
        interlude: loseTail,
      });
    }
  }
}

// The power goes in the middle of the talk, the store comes back without its tail, and the operator says so.
async function loseTail(cluster: Cluster, load: Load): Promise<void> {
  const chaos = new Chaos(cluster, load.random, [], 0);
  for (let tries = 0; chaos.lost === 0; ++tries) {
    if (tries === 10) throw new Error("ten power losses in a row lost nothing");
    load.switches.resume();
    await delay(700);
    load.switches.pause();
    await chaos.inflict("power loss");
  }
  await Promise.all([...cluster.gateways, ...cluster.inquiries].map((service) => service.ready()));
  for (const shop of load.shopIds) {
    await operator(cluster).raiseStoreEpoch({ requestId: requestId(), shop }, { timeoutMs: 10_000 });
  }
  load.switches.resume();
  await delay(2000);
}
