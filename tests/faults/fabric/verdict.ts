// Whether every event had its effects, each once: asked of the services through their APIs, and of the probe, whose
// effects show when they happen twice.
import { SystemLine_Kind } from "../../gen/kefu/common/v1/entry_pb.js";
import type { ListConsumersResponse_Consumer } from "../../gen/kefu/gateway/v1/operations_pb.js";
import { type Order, Order_Aftersale, Order_Fulfilment } from "../../gen/kefu/orders/v1/service_pb.js";
import { type Shipment, Shipment_Status } from "../../gen/kefu/logistics/v1/service_pb.js";
import { clientsTo } from "../../support/clients.js";
import type { Cluster } from "../../support/cluster.js";
import type { Probes } from "./probes.js";
import type { Expected, WorkShop } from "./work.js";

// How far each consumer is behind; a consumer that does not answer is infinitely far.
export async function lag(cluster: Cluster): Promise<number> {
  const consumers = await consumersOf(cluster).catch(() => undefined);
  if (consumers === undefined || consumers.some(({ gap }) => gap !== "")) return Infinity;
  return consumers
    .flatMap(({ cursors }) => cursors)
    .reduce((sum, { seq, headSeq }) => sum + Number(headSeq - seq), 0);
}

export async function consumersOf(cluster: Cluster): Promise<ListConsumersResponse_Consumer[]> {
  for (const gateway of cluster.gateways) {
    try {
      const { events } = clientsTo(gateway.url, { token: cluster.operatorKey });
      return (await events.listConsumers({}, { timeoutMs: 4000 })).consumers;
    } catch {
      // the next one
    }
  }
  throw new Error("no gateway tells how the consumers stand");
}

// What is wrong, in sentences; empty if nothing is.
export async function judge(cluster: Cluster, shops: WorkShop[], probes: Probes): Promise<string[]> {
  const wrong: string[] = [];
  for (const consumer of await consumersOf(cluster)) {
    if (consumer.gap !== "") wrong.push(`${consumer.consumer} did not answer: ${consumer.gap}`);
    for (const { source, shop, seq, headSeq, deadLetters } of consumer.cursors) {
      if (seq !== headSeq) wrong.push(`${consumer.consumer} stands at ${seq} of ${headSeq} in ${source} of ${shop}`);
      if (deadLetters > 0) wrong.push(`${consumer.consumer} refused ${deadLetters} events of ${source} of ${shop}`);
    }
  }
  wrong.push(...(await probes.complaints(await consumersOf(cluster))));
  for (const shop of shops) {
    wrong.push(...(await judgeOrders(cluster, shop)));
    wrong.push(...(await judgeShipments(cluster, shop)));
    wrong.push(...(await judgeConversation(cluster, shop)));
  }
  return wrong;
}

async function judgeOrders(cluster: Cluster, shop: WorkShop): Promise<string[]> {
  const found = new Map<string, Order>();
  for (let pageToken = ""; ; ) {
    const page = await shop.at(cluster).orders.listOrders({ pageSize: 100, pageToken });
    for (const order of page.orders) found.set(order.order, order);
    pageToken = page.nextPageToken;
    if (pageToken === "") break;
  }
  return shop.orders.flatMap((expected) => judgeOrder(expected, found.get(expected.order)));
}

function judgeOrder(expected: Expected, order: Order | undefined): string[] {
  if (order === undefined) return [`order ${expected.number} is not listed`];
  const wrong: string[] = [];
  const say = (what: string) => wrong.push(`order ${expected.number} ${what}`);
  if (expected.delivered && order.fulfilment !== Order_Fulfilment.DELIVERED) say(`is ${Order_Fulfilment[order.fulfilment]}`);
  if (order.parcels.length !== 1) say(`has ${order.parcels.length} parcels`);
  if (expected.delivered && order.parcels[0]?.status !== "DELIVERED") say(`has a parcel ${order.parcels[0]?.status}`);
  const cases = order.cases.map((item) => item.case);
  if (cases.join() !== expected.cases.join()) say(`shows the cases [${cases}] instead of [${expected.cases}]`);
  if (expected.cases.length > 0 && order.aftersale !== Order_Aftersale.IN_PROGRESS) say(`has after-sale ${order.aftersale}`);
  return wrong;
}

async function judgeShipments(cluster: Cluster, shop: WorkShop): Promise<string[]> {
  const found = new Map<string, Shipment>();
  for (let pageToken = ""; ; ) {
    const page = await shop.at(cluster).shipments.listShipments({ pageSize: 100, pageToken });
    for (const shipment of page.shipments) found.set(shipment.trackingNumber, shipment);
    pageToken = page.nextPageToken;
    if (pageToken === "") break;
  }
  return shop.orders.flatMap(({ order, number, trackingNumber, buyer, delivered }) => {
    const shipment = found.get(trackingNumber);
    if (shipment === undefined) return [`the parcel of ${number} is not registered`];
    if (shipment.order !== order || shipment.buyer !== buyer) return [`the parcel of ${number} is of ${shipment.order}, ${shipment.buyer}`];
    if (delivered && shipment.status !== Shipment_Status.DELIVERED) return [`the parcel of ${number} is ${shipment.status}`];
    return [];
  });
}

// The first buyer is told of each delivery once, and sees each case's card at each of its moves once.
async function judgeConversation(cluster: Cluster, shop: WorkShop): Promise<string[]> {
  const buyer = shop.buyers[0]!;
  const told = new Map<string, number>();
  for (let afterSeq = 0n; ; ) {
    const page = await buyer.at(cluster.gateway(0)).buyer.listMessages({ afterSeq, pageSize: 500 });
    for (const { content } of page.entries) {
      const kind = content?.kind;
      const what =
        kind?.case === "system" && kind.value.kind === SystemLine_Kind.PARCEL_DELIVERED
          ? kind.value.parameters["tracking_number"]
          : kind?.case === "case"
            ? `${kind.value.case} ${kind.value.state}`
            : undefined;
      if (what !== undefined) told.set(what, (told.get(what) ?? 0) + 1);
    }
    if (page.entries.length < 500) break;
    afterSeq = page.entries.at(-1)!.seq;
  }
  const mine = shop.orders.filter((order) => order.buyer === buyer.buyer);
  const expected = mine.flatMap(({ trackingNumber, delivered, cases }) => [
    ...(delivered ? [trackingNumber] : []),
    ...cases.flatMap((name) => [`${name} REQUESTED`, `${name} REFUND_PENDING`]),
  ]);
  return expected
    .filter((what) => told.get(what) !== 1)
    .map((what) => `the buyer was told ${told.get(what) ?? 0} times of ${what} in ${shop.shop.id}`);
}
