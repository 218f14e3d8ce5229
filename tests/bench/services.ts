// What orders, logistics and after_sales carry through the public API, and how soon an event has its effect at another
// service. Prints a table. Starts everything it needs and stops by itself; use a release build (KEFU_BIN).
//
//   node dist/bench/services.js [--seconds 5] [--rounds 3]
//
// Each figure is the median of the rounds: operations per second at saturation, and CPU microseconds of all servers
// (gateways, services, Redis) per operation.
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";

import { timestampFromMs } from "@bufbuild/protobuf/wkt";

import { Case_Kind, Case_Reason } from "../gen/kefu/after_sales/v1/service_pb.js";
import { Shipment_Status } from "../gen/kefu/logistics/v1/service_pb.js";
import { Order_Fulfilment, Order_Payment } from "../gen/kefu/orders/v1/service_pb.js";
import { Probes } from "../faults/fabric/probes.js";
import { consumersOf } from "../faults/fabric/verdict.js";
import type { Clients } from "../support/clients.js";
import { Cluster } from "../support/cluster.js";
import { Shop, requestId } from "../support/people.js";
import { behindProxy } from "../support/test_cluster.js";
import type { Service } from "../support/service.js";
import { eventually } from "../support/wait.js";
import { cpuOf, machine, median } from "./measure.js";

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "5" }, rounds: { type: "string", default: "3" } },
});
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);

interface Measured {
  perSecond: number;
  cpuMicros: number;
}

let made = 0;
const time = () => timestampFromMs(Date.now() - 60_000);

function order(number: string, shipped: boolean) {
  return {
    source: "native",
    number,
    createTime: time(),
    updateTime: time(),
    currency: "CNY",
    lines: [{ line: "1", sku: "CUP-01", title: "Cup 杯子", quantity: 2, unitPrice: "19.90" }],
    total: "39.80",
    contact: { name: "测试", phone: "13800001234", country: "CN", city: "杭州", address: "1 Test Road" },
    payment: Order_Payment.PAID,
    fulfilment: shipped ? Order_Fulfilment.SHIPPED : Order_Fulfilment.UNFULFILLED,
    parcels: shipped ? [{ carrier: "shunfeng", trackingNumber: `SF${number.padStart(13, "0")}` }] : [],
  };
}

async function upsert(api: Clients, batch: number): Promise<number> {
  const orders = Array.from({ length: batch }, () => order(`${++made}`, false));
  await api.orders.upsertOrders({ requestId: requestId(), orders });
  return batch;
}

async function track(api: Clients, batch: number): Promise<number> {
  const events = Array.from({ length: batch }, () => ({
    carrier: "shunfeng",
    trackingNumber: `SF${String(++made).padStart(13, "0")}`,
    time: time(),
    status: Shipment_Status.IN_TRANSIT,
    text: "arrived at the sorting centre",
  }));
  await api.shipments.addTrackingEvents({ requestId: requestId(), events });
  return batch;
}

async function moveCases(api: Clients): Promise<number> {
  const { results } = await api.orders.upsertOrders({ requestId: requestId(), orders: [order(`${++made}`, false)] });
  const opened = await api.cases.openCase({
    requestId: requestId(),
    order: results[0]!.order,
    kind: Case_Kind.RETURN_REFUND,
    reason: Case_Reason.DEFECTIVE,
    lines: [{ line: "1", quantity: 1 }],
  });
  const name = opened.case!.case;
  await api.cases.approveCase({ requestId: requestId(), case: name });
  await api.cases.reportReturn({ requestId: requestId(), case: name, parcel: { carrier: "shunfeng", trackingNumber: "SF0000000000001" } });
  await api.cases.receiveReturn({ requestId: requestId(), case: name });
  await api.cases.inspectReturn({ requestId: requestId(), case: name });
  await api.cases.refundCase({ requestId: requestId(), case: name });
  return 6;
}

async function measure(cluster: Cluster, clients: Clients[], inFlight: number, act: (api: Clients) => Promise<number>): Promise<Measured> {
  const end = Date.now() + seconds * 1000;
  const cpu = cpuOf(cluster);
  const began = performance.now();
  let done = 0;
  await Promise.all(
    Array.from({ length: inFlight }, async (_, index) => {
      const api = clients[index % clients.length]!;
      while (Date.now() < end) {
        // Not `done += await …`, which would add to what was counted before the call.
        const acted = await act(api);
        done += acted;
      }
    }),
  );
  return { perSecond: (done * 1000) / (performance.now() - began), cpuMicros: (cpuOf(cluster) - cpu) / done };
}

// How many were at most as much as each bound, in a Prometheus histogram, summed over its labels.
async function bucketsOf(services: Service[], name: string): Promise<Map<number, number>> {
  const buckets = new Map<number, number>();
  for (const service of services) {
    const { body } = await service.adminGet("/metrics");
    for (const [, le, value] of body.matchAll(new RegExp(`^${name}_bucket\\{[^}]*le="([^"]+)"[^}]*\\} (\\d+)`, "gm"))) {
      const bound = le === "+Inf" ? Infinity : Number(le);
      buckets.set(bound, (buckets.get(bound) ?? 0) + Number(value));
    }
  }
  return buckets;
}

// By linear interpolation in the buckets; what is beyond the last bound counts as it.
function quantileOf(buckets: Map<number, number>, share: number): number {
  const sorted = [...buckets].sort(([a], [b]) => a - b);
  const total = sorted.at(-1)?.[1] ?? 0;
  let low = 0;
  let before = 0;
  for (const [bound, count] of sorted) {
    if (count >= share * total) return bound === Infinity ? low : low + ((bound - low) * (share * total - before)) / Math.max(1, count - before);
    [low, before] = [bound, count];
  }
  return NaN;
}

// From commit to effect at a consumer, at a calm pace, so that it is the way that is measured and not the queue.
async function deliver(cluster: Cluster, api: Clients): Promise<Map<number, number>> {
  const probes = await Probes.start(cluster);
  const settled = async () =>
    await eventually("the probes to have read everything", async () => await probes.caughtUp(await consumersOf(cluster)), 60_000);
  await api.orders.upsertOrders({ requestId: requestId(), orders: [order(`${++made}`, true)] });
  await settled();
  const name = "kefu_probe_delay_seconds";
  const before = await bucketsOf(probes.services, name);
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    await Promise.all([api.orders.upsertOrders({ requestId: requestId(), orders: [order(`${++made}`, true)] }), delay(20)]);
  }
  await settled();
  const buckets = await bucketsOf(probes.services, name);
  await probes.stop();
  return new Map([...buckets].map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)]));
}

const cluster = await Cluster.start({ replicas: 1, gateways: 2, gatewayConfig: { ...behindProxy } });
try {
  const shop = await Shop.create(cluster, "bench");
  const program = await shop.program();
  const clients = cluster.gateways.map((gateway) => program.at(gateway));

  // While the logs are empty: what a consumer has to catch up on is no measure of the way.
  const delays = await deliver(cluster, clients[0]!);
  const ms = (share: number) => `${(quantileOf(delays, share) * 1000).toFixed(1)} ms`;

  const kinds: [string, number, (api: Clients) => Promise<number>][] = [
    ["orders upserted, one a call", 16, (api) => upsert(api, 1)],
    ["orders upserted, 50 a call", 8, (api) => upsert(api, 50)],
    ["tracking events, one a call", 16, (api) => track(api, 1)],
    ["tracking events, 100 a call", 8, (api) => track(api, 100)],
    ["case commands, beside an order for every six", 16, moveCases],
  ];
  console.log(`${machine()}; AOF always; two gateways, one of each service; medians of ${rounds} × ${seconds} s\n`);
  console.log("| what | a second | CPU µs of all servers each |\n| --- | ---: | ---: |");
  for (const [what, inFlight, act] of kinds) {
    const measured: Measured[] = [];
    for (let round = 0; round < rounds; ++round) measured.push(await measure(cluster, clients, inFlight, act));
    console.log(`| ${what} | ${Math.round(median(measured.map(({ perSecond }) => perSecond)))} | ${Math.round(median(measured.map(({ cpuMicros }) => cpuMicros)))} |`);
  }
  console.log(`\nFrom an event's commit to its effect at a consumer, 50 orders a second: p50 ${ms(0.5)}, p99 ${ms(0.99)} (${delays.get(Infinity)} events)`);
} finally {
  await cluster.stop();
}
