// What one service tells another arrives and has its effect: orders, parcels, cases, conversations and records, as
// buyers, agents and a shop's program see them at two gateways.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Case_Kind, Case_Reason, Case_State } from "../gen/kefu/after_sales/v1/service_pb.js";
import { type Entry, SystemLine_Kind } from "../gen/kefu/common/v1/entry_pb.js";
import { Shipment_Status } from "../gen/kefu/logistics/v1/service_pb.js";
import { Order_Aftersale, Order_Fulfilment } from "../gen/kefu/orders/v1/service_pb.js";
import { Role } from "../gen/kefu/options_pb.js";
import { Chat, newShop, openSession } from "../support/chat.js";
import { refused } from "../support/clients.js";
import { oneProcess, twoOfEach } from "../support/cluster.js";
import { requestId } from "../support/people.js";
import { testCluster } from "../support/test_cluster.js";
import { Trade } from "../support/trade.js";
import { eventually } from "../support/wait.js";

const cluster = testCluster({ inquiries: 2, gateways: 2, replicas: twoOfEach });

test("an order with a parcel makes the parcel known, with its order and buyer", async () => {
  const shop = await newShop(cluster());
  const trade = await Trade.start(cluster(), shop);
  const buyer = await shop.guest();
  const { order, number, trackingNumber } = await trade.shipped(buyer.buyer);
  const shipment = await trade.shipmentOf(order);
  assert.equal(shipment.trackingNumber, trackingNumber);
  assert.equal(shipment.orderNumber, number);
  assert.equal(shipment.buyer, buyer.buyer);
  // The buyer sees both, another buyer neither.
  const mine = buyer.at(cluster().gateway(1));
  assert.equal((await mine.orders.getOrder({ order })).number, number);
  assert.equal((await mine.shipments.getShipment({ shipment: shipment.shipment })).order, order);
  const other = (await shop.guest()).at(cluster().gateway(1));
  assert.equal((await refused(other.orders.getOrder({ order }))).reason, "NO_SUCH_ORDER");
  assert.equal((await refused(other.shipments.getShipment({ shipment: shipment.shipment }))).reason, "NO_SUCH_SHIPMENT");
});

test("a delivered parcel delivers the order, and the buyer reads of it in the open conversation", async () => {
  const chat = await Chat.start(cluster());
  const trade = await Trade.start(cluster(), chat.shop);
  const { order, trackingNumber } = await trade.shipped(chat.buyer.buyer);
  await trade.shipmentOf(order);
  await trade.track(trackingNumber, Shipment_Status.OUT_FOR_DELIVERY);
  await trade.track(trackingNumber, Shipment_Status.DELIVERED);
  const delivered = await trade.orderWhen(order, "to be delivered", (o) => o.fulfilment === Order_Fulfilment.DELIVERED);
  assert.equal(delivered.parcels[0]!.status, "DELIVERED");
  const isLine = ({ content }: Entry) =>
    content?.kind.case === "system" && content.kind.value.kind === SystemLine_Kind.PARCEL_DELIVERED;
  await chat.buyerStream.entry(isLine);
  await chat.agent.stream.entry(isLine);
  assert.equal((await chat.buyerLog()).filter(isLine).length, 1);
  await chat.end();
});

test("a case shows on its order and as a card in the conversation, and again with every move", async () => {
  const chat = await Chat.start(cluster());
  const trade = await Trade.start(cluster(), chat.shop);
  const { order, number } = await trade.order(chat.buyer.buyer, { fulfilment: Order_Fulfilment.DELIVERED });
  const opened = await chat.buyerClients.cases.openCase({
    requestId: requestId(),
    order,
    kind: Case_Kind.REFUND_ONLY,
    reason: Case_Reason.DEFECTIVE,
    lines: [{ line: "1", quantity: 1 }],
  });
  const name = opened.case!.case;
  const requested = await trade.orderWhen(order, "to show the case", (o) => o.aftersale === Order_Aftersale.REQUESTED);
  assert.deepEqual(
    requested.cases.map((c) => [c.case, c.kind, c.state]),
    [[name, "REFUND_ONLY", "REQUESTED"]],
  );
  const { cases } = chat.agent.clients;
  const approved = await cases.approveCase({ requestId: requestId(), case: name });
  assert.equal(approved.case!.state, Case_State.REFUND_PENDING);
  for (const state of ["REQUESTED", "REFUND_PENDING"]) {
    const card = ({ content }: Entry) => {
      if (content?.kind.case !== "case") return false;
      const { case: shown, state: now, orderNumber } = content.kind.value;
      return shown === name && now === state && orderNumber === number;
    };
    await chat.buyerStream.entry(card);
    await chat.agent.stream.entry(card);
    assert.equal((await chat.buyerLog()).filter(card).length, 1);
  }
  const refund = approved.case!.refunds[0]!.refund;
  await trade.clients.cases.settleRefund({ requestId: requestId(), case: name, refund, succeeded: true, reference: "bank" });
  await trade.orderWhen(order, "to be refunded", (o) => o.aftersale === Order_Aftersale.COMPLETED);
  await chat.end();
});

test("an agent sees everything about a buyer in one look; a service that hangs is a gap with its name", async (t) => {
  const chat = await Chat.start(cluster());
  const trade = await Trade.start(cluster(), chat.shop);
  const { order } = await trade.shipped(chat.buyer.buyer);
  await trade.shipmentOf(order);
  await chat.buyerClients.cases.openCase({
    requestId: requestId(),
    order,
    kind: Case_Kind.RETURN_REFUND,
    reason: Case_Reason.SIZE,
    lines: [{ line: "1", quantity: 2 }],
  });
  const look = async () => await chat.agent.clients.oneLook.getOneLook({ conversation: chat.conversation });
  const whole = await eventually("all in one look", async () => {
    const seen = await look();
    return seen.cases.length === 1 && seen.gaps.length === 0 && seen;
  });
  assert.equal(whole.profile!.buyer, chat.buyer.buyer);
  assert.deepEqual(
    whole.orders.map((o) => o.order),
    [order],
  );
  assert.equal(whole.shipments.length, 1);
  if (oneProcess) {
    await chat.end();
    t.diagnostic("nothing hangs by itself in one process");
    return;
  }
  const hanging = [cluster().service("logistics", 0), cluster().service("logistics", 1)];
  for (const service of hanging) service.pause();
  try {
    const since = Date.now();
    const partial = await look();
    assert.deepEqual(
      partial.gaps.map((gap) => gap.service),
      ["logistics"],
    );
    assert.equal(partial.orders.length, 1);
    assert.ok(Date.now() - since < 1500, `it took ${Date.now() - since} ms`);
  } finally {
    for (const service of hanging) service.resume();
  }
  await eventually("no gap when it answers again", async () => (await look()).gaps.length === 0);
  await chat.end();
});

test("what was said is found, and counted in the figures", async () => {
  const chat = await Chat.start(cluster());
  await chat.buyerSays("請問這件外套什麼時候發貨？");
  await chat.agentSays("Your jackets are shipping today");
  const supervisor = (await chat.shop.staff({ role: Role.SUPERVISOR })).at(cluster().gateway(1));
  const found = async (query: string) => (await supervisor.records.searchTranscripts({ query })).hits;
  // Simplified finds traditional; the stem finds the plural.
  for (const query of ["发货", "外套", "jacket ship"]) {
    const hits = await eventually(`"${query}" to be found`, async () => {
      const some = await found(query);
      return some.length > 0 && some;
    });
    assert.equal(hits.length, 1, query);
    assert.equal(hits[0]!.conversation, chat.conversation);
  }
  assert.deepEqual(await found("退款"), []);
  const today = new Date().toISOString().slice(0, 10);
  const row = await eventually("the session in the figures", async () => {
    const { rows } = await supervisor.records.getFigures({ fromDay: today, toDay: today });
    return rows.find(({ agent, answeredSessions }) => agent === chat.agent.id && answeredSessions === 1);
  });
  assert.equal(row.sessions, 1);
  assert.ok(row.rounds >= 1);
  const { session, fence } = chat;
  await chat.agent.closeSession(session, fence, 1_000n);
  await chat.buyerClients.buyer.rateSession({ requestId: requestId(), session, rating: { stars: 4, comment: "quick and kind" } });
  await eventually("the rating in the figures", async () => {
    const { rows } = await supervisor.records.getFigures({ fromDay: today, toDay: today });
    return rows.some(({ agent, ratedSessions, stars }) => agent === chat.agent.id && ratedSessions === 1 && stars === 4n);
  });
  await chat.end();
});

test("a buyer without an open conversation is told nothing, and a later one begins clean", async () => {
  const shop = await newShop(cluster());
  const trade = await Trade.start(cluster(), shop);
  const buyer = await shop.guest();
  const { order, trackingNumber } = await trade.shipped(buyer.buyer);
  await trade.shipmentOf(order);
  await trade.track(trackingNumber, Shipment_Status.DELIVERED);
  await trade.orderWhen(order, "to be delivered", (o) => o.fulfilment === Order_Fulfilment.DELIVERED);
  const clients = buyer.at(cluster().gateway(0));
  await openSession(clients, "thank you");
  const { entries } = await clients.buyer.listMessages({ pageSize: 100 });
  assert.equal(entries.filter((entry) => entry.content?.kind.case === "system").length, 0);
});
