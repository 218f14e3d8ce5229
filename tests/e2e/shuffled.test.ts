// Orders and tracking events come late, twice and in any order, and the result is the same: one shop gets a stream as it
// was made, another one the same stream doubled and shuffled.
// KEFU_SHUFFLED_ORDERS: how many orders (1,000; the long version takes 20,000), with five tracking events each.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";

import { Shipment_Status, type Shipment, TrackingEventInputSchema, TrackingEventResult_Outcome } from "../gen/kefu/logistics/v1/service_pb.js";
import { type Order, Order_Fulfilment, Order_Payment, Order_State, OrderInputSchema, UpsertResult_Outcome } from "../gen/kefu/orders/v1/service_pb.js";
import type { Clients } from "../support/clients.js";
import { Cluster } from "../support/cluster.js";
import { Shop, requestId } from "../support/people.js";
import { Random } from "../support/random.js";
import { behindProxy } from "../support/test_cluster.js";
import { eventually } from "../support/wait.js";

const count = Number(process.env.KEFU_SHUFFLED_ORDERS ?? 1000);
const began = Date.now() - 7 * 24 * 3_600_000;

type OrderMessage = MessageInitShape<typeof OrderInputSchema>;
type EventMessage = MessageInitShape<typeof TrackingEventInputSchema>;

interface Stream {
  orders: OrderMessage[];
  events: EventMessage[];
}

// Each order is stated twice, as it was paid and as it went out; its parcel is seen five times. Every fifth parcel goes
// back, every seventh is never delivered.
function makeStream(): Stream {
  const orders: OrderMessage[] = [];
  const events: EventMessage[] = [];
  for (let i = 1; i <= count; ++i) {
    const number = `N${i}`;
    const created = began + i * 1000;
    const trackingNumber = `SF${String(i).padStart(13, "0")}`;
    const common = {
      source: "native",
      number,
      createTime: timestampFromMs(created),
      currency: "CNY",
      lines: [{ line: "1", sku: `SKU-${i % 50}`, title: "Cup 杯子", quantity: 1 + (i % 3), unitPrice: "19.90" }],
      total: (19.9 * (1 + (i % 3))).toFixed(2),
      contact: { name: "测试", phone: `1380000${String(i % 10_000).padStart(4, "0")}`, city: "杭州", country: "CN" },
      state: Order_State.OPEN,
      payment: Order_Payment.PAID,
    };
    orders.push({ ...common, updateTime: timestampFromMs(created + 1), fulfilment: Order_Fulfilment.UNFULFILLED });
    orders.push({
      ...common,
      updateTime: timestampFromMs(created + 2),
      fulfilment: Order_Fulfilment.SHIPPED,
      parcels: [{ carrier: "shunfeng", trackingNumber }],
    });
    const last = i % 7 === 0 ? Shipment_Status.EXCEPTION : Shipment_Status.DELIVERED;
    const end = i % 5 === 0 && i % 7 !== 0 ? Shipment_Status.RETURNING : Shipment_Status.IN_TRANSIT;
    const seen = [Shipment_Status.PICKED_UP, Shipment_Status.IN_TRANSIT, Shipment_Status.OUT_FOR_DELIVERY, last, end];
    // The fifth is later than the delivery only if the parcel goes back; else it is an old event told late.
    seen.forEach((status, at) =>
      events.push({
        carrier: "shunfeng",
        trackingNumber,
        time: timestampFromMs(created + (at === 4 && end === Shipment_Status.IN_TRANSIT ? 1500 : (at + 1) * 1000)),
        status,
        text: `event ${at}`,
      }),
    );
  }
  return { orders, events };
}

function doubledAndShuffled<T>(items: T[], random: Random): T[] {
  const doubled = [...items, ...items];
  for (let i = doubled.length - 1; i > 0; --i) {
    const j = random.integer(0, i);
    [doubled[i], doubled[j]] = [doubled[j]!, doubled[i]!];
  }
  return doubled;
}

function inBatches<T>(items: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

describe("orders and tracking events", () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await Cluster.start({ replicas: 2, gatewayConfig: behindProxy });
  });
  after(() => cluster.stop());

  async function newProgram(id: string): Promise<Clients> {
    const shop = await Shop.create(cluster, id);
    return (await shop.program()).at(cluster.gateway(0));
  }

  async function sendOrders(api: Clients, orders: OrderMessage[], beside: number): Promise<void> {
    await eachBeside(inBatches(orders, 100), beside, async (batch) => {
      const { results } = await api.orders.upsertOrders({ requestId: requestId(), orders: batch });
      const refused = results.find(({ outcome }) => outcome === UpsertResult_Outcome.REFUSED);
      assert.equal(refused?.error?.message, undefined);
    });
  }

  async function sendEvents(api: Clients, events: EventMessage[], beside: number): Promise<void> {
    await eachBeside(inBatches(events, 500), beside, async (batch) => {
      const { results } = await api.shipments.addTrackingEvents({ requestId: requestId(), events: batch });
      const refused = results.find(({ outcome }) => outcome === TrackingEventResult_Outcome.REFUSED);
      assert.equal(refused?.error?.message, undefined);
    });
  }

  async function allOrders(api: Clients): Promise<Map<string, object>> {
    const found = new Map<string, object>();
    for (let pageToken = ""; ; ) {
      const page = await api.orders.listOrders({ pageSize: 100, pageToken });
      for (const order of page.orders) found.set(order.number, withoutTraces(order));
      pageToken = page.nextPageToken;
      if (pageToken === "") return found;
    }
  }

  async function allShipments(api: Clients): Promise<Map<string, object>> {
    const found = new Map<string, object>();
    for (let pageToken = ""; ; ) {
      const page = await api.shipments.listShipments({ pageSize: 100, pageToken });
      for (const shipment of page.shipments) found.set(shipment.trackingNumber, withoutTraces(shipment));
      pageToken = page.nextPageToken;
      if (pageToken === "") return found;
    }
  }

  // Until the services have told each other everything.
  async function settled(api: Clients): Promise<void> {
    const expected = Array.from({ length: count }, (_, i) => i + 1).filter((i) => i % 7 !== 0).length;
    await eventually(
      "all deliveries to be known to orders",
      async () => [...(await allOrders(api)).values()].filter((order) => (order as Order).fulfilment === Order_Fulfilment.DELIVERED).length >= expected,
      120_000 + count * 10,
    );
  }

  test("end in the same state, doubled and shuffled, as in the order in which they happened", async () => {
    const stream = makeStream();
    const random = Random.seeded("shuffled");
    const ordered = await newProgram("in-order");
    await sendOrders(ordered, stream.orders, 1);
    await sendEvents(ordered, stream.events, 1);

    const shuffled = await newProgram("shuffled");
    const orders = doubledAndShuffled(stream.orders, random);
    const events = doubledAndShuffled(stream.events, random);
    // Beside each other: parcels are seen before their orders are known, and the other way round.
    await Promise.all([sendOrders(shuffled, orders, 4), sendEvents(shuffled, events, 4)]);

    await settled(ordered);
    await settled(shuffled);
    const [left, right] = [await allOrders(ordered), await allOrders(shuffled)];
    assert.equal(left.size, count);
    assert.deepEqual(differences(left, right), []);
    const [parcels, mixed] = [await allShipments(ordered), await allShipments(shuffled)];
    assert.equal(parcels.size, count);
    assert.deepEqual(differences(parcels, mixed), []);
  });
});

// Versions and times of writing tell how often something was touched, not what it is.
function withoutTraces(item: Order | Shipment): object {
  const { etag: _etag, $typeName: _type, ...rest } = item;
  return "shipment" in rest ? { ...rest, createTime: undefined, updateTime: undefined } : rest;
}

function differences(left: Map<string, object>, right: Map<string, object>): string[] {
  const shown = (item: object | undefined) => JSON.stringify(item, (_, value) => (typeof value === "bigint" ? `${value}` : value));
  return [...new Set([...left.keys(), ...right.keys()])]
    .filter((name) => shown(left.get(name)) !== shown(right.get(name)))
    .slice(0, 5)
    .map((name) => `${name}: ${shown(left.get(name))} / ${shown(right.get(name))}`);
}

async function eachBeside<T>(items: T[], width: number, act: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (next < items.length) await act(items[next++]!);
    }),
  );
}
