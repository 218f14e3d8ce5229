// Three gateways on one Redis, agents and buyers spread over them, and one dies for good in the middle of the talk: no
// session is lost, none has two owners, and none is taken from an agent who comes back in time.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import type { Cluster } from "../support/cluster.js";
import { Random } from "../support/random.js";
import { eventually } from "../support/wait.js";
import type { Load } from "./load/load.js";
import { run } from "./scenarios.js";

// What became of sessions, by routing's own log: how often each cause.
function causes(cluster: Cluster, shops: string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const shop of shops) {
    const words = cluster.redis.command("XRANGE", `kf:gateway:{${shop}}:ev`, "-", "+").split("\n");
    words.forEach((word, index) => {
      if (word === "w") counts.set(words[index + 1]!, (counts.get(words[index + 1]!) ?? 0) + 1);
    });
  }
  return counts;
}

async function moreTalk(load: Load, messages: number): Promise<void> {
  const before = load.history.count("ok");
  await eventually("the talk to go on", () => load.history.count("ok") >= before + messages, 60_000);
}

describe("three gateways, of which one dies", () => {
  test("keep every session, each with one owner", async () => {
    let seen = new Map<string, number>();
    const { verdict, surprises } = await run("three gateways", {
      pairs: 40,
      seconds: 0,
      random: Random.seeded("three gateways"),
      faults: [],
      cluster: { gateways: 3 },
      load: { agentThinksMs: 80, buyerThinksMs: 300 },
      interlude: async (cluster, load) => {
        await moreTalk(load, 300);
        const dead = cluster.gateways[1]!;
        const reconnects = () => load.agents.reduce((sum, { live }) => sum + live.reconnects, 0);
        const before = reconnects();
        await dead.kill();
        await moreTalk(load, 600);
        assert.ok(reconnects() > before, "no agent was connected to the gateway that died");
        seen = causes(cluster, load.shopIds);
        await dead.start();
      },
    });
    assert.deepEqual(verdict.violations.slice(0, 10), []);
    assert.deepEqual(surprises, []);
    assert.ok(verdict.ownerships > 40, `only ${verdict.ownerships} assignments`);
    assert.ok((seen.get("assigned") ?? 0) + (seen.get("transferred") ?? 0) > 0, [...seen.keys()].join(", "));
    assert.equal(seen.get("orphaned"), undefined, "agents came back in time, and lost sessions all the same");
  });
});
