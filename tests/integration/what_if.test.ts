// What if, asked of a gateway: exact figures, the same for the same seed, progress, one at a time, refusals by field.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";

import { type MessageInitShape, toJson } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";

import {
  type CompareFrame,
  CompareRequestSchema,
  type Comparison,
  ComparisonSchema,
  WhatIfTime_Shape,
} from "../gen/kefu/gateway/v1/what_if_pb.js";
import { Role } from "../gen/kefu/options_pb.js";
import { newShop } from "../support/chat.js";
import { type Clients, refused } from "../support/clients.js";
import type { Shop } from "../support/people.js";
import { configOf, shopConfig } from "../support/routing.js";
import { testCluster } from "../support/test_cluster.js";
import { eventually } from "../support/wait.js";

type Request = MessageInitShape<typeof CompareRequestSchema>;

const beginMs = 1_767_600_000_000;
const fifo = { name: "fifo" };
const oneAtATime = { agent: "ada", capacity: 20 };

// So many milliseconds after the beginning.
const recorded = (...arrivals: { at: number; service: number }[]): Request["arrivals"] => ({
  case: "recorded",
  value: { arrivals: arrivals.map(({ at, service }) => ({ time: timestampFromMs(beginMs + at), serviceS: service / 1000 })) },
});
const queueing: Request = {
  policies: [fifo],
  arrivals: recorded({ at: 0, service: 60_000 }, { at: 10_000, service: 60_000 }, { at: 20_000, service: 60_000 }),
  staff: [oneAtATime],
};
// Takes minutes: for what happens meanwhile.
const long: Request = {
  policies: [fifo, { name: "again" }],
  arrivals: { case: "poisson", value: { arrivalsPerHour: 1000, hours: 10 } },
  service: { shape: WhatIfTime_Shape.EXPONENTIAL, meanS: 300 },
  staff: [{ agent: "agent", count: 100, capacity: 100 }],
  repetitions: 10,
};

async function compare(clients: Clients, request: Request): Promise<{ frames: CompareFrame[]; comparison: Comparison }> {
  const frames: CompareFrame[] = [];
  for await (const frame of clients.whatIf.compare(request)) frames.push(frame);
  const last = frames.at(-1)!.frame;
  assert.equal(last.case, "comparison");
  return { frames, comparison: last.value as Comparison };
}

const figure = (comparison: Comparison, name: string, slice = 0) =>
  comparison.slices[slice]!.figures.find((each) => each.figure === name)!;

describe("what if", () => {
  const cluster = testCluster({});
  let shop: Shop;
  let chief: Clients;
  before(async () => {
    shop = await newShop(cluster());
    chief = (await shop.staff({ role: Role.SUPERVISOR })).at(cluster().gateway(0));
  });

  test("one agent, one chat at a time: the waits that one computes by hand", async () => {
    const { frames, comparison } = await compare(chief, queueing);
    assert.equal(frames[0]!.frame.case, "progress");
    assert.equal(comparison.repetitions, 1);
    // 0 s, 50 s, 100 s.
    assert.equal(figure(comparison, "wait_mean").values[0]!.mean, 50);
    assert.equal(figure(comparison, "wait_max").values[0]!.mean, 100);
    assert.ok(Math.abs(figure(comparison, "service_level").values[0]!.mean - 1 / 3) < 1e-12);
  });

  test("two policies are compared on the same arrivals, and the same seed gives the same", async () => {
    const request: Request = {
      policies: [fifo, { name: "groups", config: configOf(shopConfig()) }],
      arrivals: {
        case: "poisson",
        value: {
          arrivalsPerHour: 120,
          hours: 1,
          shares: [
            { trait: "category", value: "after_sales", share: 0.4 },
            { trait: "priority", value: "vip", share: 0.1 },
          ],
        },
      },
      service: { shape: WhatIfTime_Shape.LOGNORMAL, meanS: 300, variation: 0.8 },
      patience: { shape: WhatIfTime_Shape.EXPONENTIAL, meanS: 200 },
      staff: [
        { agent: "returns", count: 2, capacity: 60, skills: { returns: 3 }, languages: ["zh-CN"] },
        { agent: "sales", count: 3, capacity: 60, skills: { sales: 2 }, languages: ["zh-CN", "en"] },
      ],
      repetitions: 3,
      seed: 7n,
    };
    const { comparison } = await compare(chief, request);
    assert.deepEqual(comparison.policies, ["fifo", "groups"]);
    const arrivals = figure(comparison, "arrivals");
    assert.equal(arrivals.values[0]!.mean, arrivals.values[1]!.mean);
    const abandonment = figure(comparison, "abandonment");
    const difference = abandonment.values[1]!.mean - abandonment.values[0]!.mean;
    assert.ok(Math.abs(abandonment.difference!.mean - difference) < 1e-12);
    assert.ok(difference > 0, "who may be served by few waits longer than who may be served by all");
    assert.deepEqual(
      comparison.slices.slice(1).map(({ trait, value }) => `${trait}=${value}`),
      ["category=after_sales", "category=unspecified", "priority=normal", "priority=vip"],
    );
    const again = await compare(chief, request);
    assert.deepEqual(toJson(ComparisonSchema, again.comparison), toJson(ComparisonSchema, comparison));
  });

  test("one at a time; who goes away ends theirs", async () => {
    const going = new AbortController();
    const stream = chief.whatIf.compare(long, { signal: going.signal })[Symbol.asyncIterator]();
    await eventually("it goes on", async () => {
      const { frame } = (await stream.next()).value as CompareFrame;
      assert.equal(frame.case, "progress");
      const { sessions, ofSessions } = frame.value as { sessions: bigint; ofSessions: bigint };
      assert.equal(ofSessions, 200_000n);
      return sessions > 0n;
    });
    assert.equal((await refused(compare(chief, queueing))).reason, "SIMULATION_RUNNING");
    going.abort();
    await assert.rejects(async () => stream.next());
    await eventually("another may run", async () => {
      try {
        return (await compare(chief, queueing)).comparison.simulatedSessions === 3n;
      } catch {
        return false;
      }
    });
  });

  test("not for agents", async () => {
    const agent = (await shop.staff({ role: Role.AGENT })).at(cluster().gateway(0));
    assert.equal((await refused(compare(agent, queueing))).reason, "ROLE_NOT_ALLOWED");
  });

  test("what cannot be simulated is refused at the field", async () => {
    const config = shopConfig();
    config.groups[1]!.strategy = "STRATEGY_MANUAL_CLAIM";
    const refusals: [Request, string][] = [
      [{ ...queueing, policies: [] }, "policies"],
      [{ ...queueing, policies: [fifo, { name: "" }] }, "policies[1].name"],
      [{ ...queueing, policies: [{ name: "a", config: configOf(config) }] }, "policies[0].config.groups[1].strategy"],
      [{ ...queueing, policies: [{ name: "a", config: { defaultGroup: "nowhere" } }] }, "policies[0].config.default_group"],
      [{ ...queueing, staff: [] }, "staff"],
      [{ ...queueing, staff: [oneAtATime, oneAtATime] }, "staff"],
      [{ ...queueing, staff: [{ agent: "a", capacity: 0 }] }, "staff[0].capacity"],
      [{ ...queueing, arrivals: recorded() }, "arrivals"],
      [{ ...queueing, repetitions: 51 }, "repetitions"],
      [{ ...queueing, slowdown: 2 }, "slowdown"],
      [{ ...queueing, thresholdS: Number.NaN }, "threshold_s"],
      [{ ...long, arrivals: { case: "poisson", value: { arrivalsPerHour: 1e6, hours: 100 } } }, "poisson.hours"],
      [{ ...long, service: { shape: WhatIfTime_Shape.EXPONENTIAL } }, "service.mean_s"],
    ];
    for (const [request, field] of refusals) {
      const { reason, fields } = await refused(compare(chief, request));
      assert.equal(reason, "INVALID_FIELD");
      assert.ok(fields.includes(field), `${field}: ${fields.join(", ")}`);
    }
  });
});
