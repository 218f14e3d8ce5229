// The services' own methods through the gateway: whose shop and whose name a call carries is the credential's to say.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";

import { UpsertResult_Outcome } from "../gen/kefu/orders/v1/service_pb.js";
import { Role } from "../gen/kefu/options_pb.js";
import { Chat, newShop } from "../support/chat.js";
import { clientsTo, refused } from "../support/clients.js";
import { oneProcess } from "../support/cluster.js";
import { GrpcCode, GrpcProgram, refusal } from "../support/grpc.js";
import { type Buyer, type Person, requestId } from "../support/people.js";
import { testCluster } from "../support/test_cluster.js";
import { eventually } from "../support/wait.js";

const external = "customer-42";

function inputs(numbers: string[], more: Record<string, unknown> = {}) {
  const time = timestampFromMs(Date.now() - 3_600_000);
  return numbers.map((number) => ({
    source: "native",
    number,
    createTime: time,
    updateTime: time,
    buyerExternalId: external,
    currency: "CNY",
    lines: [{ line: "1", sku: "CUP-01", title: "Cup", quantity: 1, unitPrice: "19.90" }],
    total: "19.90",
    contact: { name: "测试", phone: "13800005678", address: "1 Test Street" },
    ...more,
  }));
}

describe("methods of the services behind the gateway", () => {
  const cluster = testCluster({
    replicas: { orders: 2 },
    gatewayConfig: { grpc: { listen: "127.0.0.1:0" } },
  });
  let chat: Chat;
  let program: Person;
  let stranger: Person;
  let known: Buyer;
  let order: string;
  const orders = (who: Person, gateway = 0) => who.at(cluster().gateway(gateway)).orders;

  before(async () => {
    chat = await Chat.start(cluster());
    program = await chat.shop.program();
    stranger = await (await newShop(cluster())).program();
    known = await chat.shop.identified(external, "Ann");
    const { results } = await orders(program).upsertOrders({ requestId: requestId(), orders: inputs(["F-1"]) });
    assert.equal(results[0]!.outcome, UpsertResult_Outcome.CREATED, results[0]!.error?.message);
    order = results[0]!.order;
  });
  after(async () => await chat.end());

  test("the shop's own id of a buyer stands for the buyer who signs in under it", async () => {
    const got = await orders(known, 1).getOrder({ order });
    assert.equal(got.buyer, known.buyer);
    const { orders: listed } = await orders(known).listOrders({});
    assert.deepEqual(listed.map(({ number }) => number), ["F-1"]);
  });

  test("a caller who names another shop gets its own all the same", async () => {
    const got = await orders(program).getOrder({ shop: "shop-2", order });
    assert.equal(got.order, order);
    const foreign = await refused(orders(stranger).getOrder({ shop: chat.shop.id, order }));
    assert.deepEqual([foreign.code, foreign.reason], [Code.NotFound, "NO_SUCH_ORDER"]);
  });

  test("a buyer who claims to be somebody else stays who they are", async () => {
    const actor = { role: Role.SUPERVISOR, id: chat.agent.id };
    const foreign = await refused(orders(chat.buyer).getOrder({ order, actor }));
    assert.deepEqual([foreign.code, foreign.reason], [Code.NotFound, "NO_SUCH_ORDER"]);
    const { orders: listed } = await orders(chat.buyer).listOrders({ buyer: known.buyer, actor });
    assert.deepEqual(listed, []);
  });

  test("a batch keeps the good orders and reports the bad ones with details", async () => {
    const batch = [...inputs(["F-2"]), ...inputs(["F-3"], { buyerExternalId: "x".repeat(200) }), ...inputs(["F-4"])];
    const { results } = await orders(program).upsertOrders({ requestId: requestId(), orders: batch });
    assert.deepEqual(
      results.map(({ outcome }) => outcome),
      [UpsertResult_Outcome.CREATED, UpsertResult_Outcome.REFUSED, UpsertResult_Outcome.CREATED],
    );
    assert.equal(results[1]!.error?.code, GrpcCode.INVALID_ARGUMENT);
  });

  test("a hundred orders fit into one call, over HTTP and over gRPC", async () => {
    const lines = [...Array(8).keys()].map((line) => ({
      line: String(line),
      title: "A cup with a long name ".repeat(4),
      quantity: 1,
      unitPrice: "19.90",
    }));
    const numbers = (prefix: string) => [...Array(100).keys()].map((n) => `${prefix}-${n}`);
    const request = { requestId: requestId(), orders: inputs(numbers("H"), { lines, total: "159.20" }) };
    const { results } = await orders(program).upsertOrders(request, { timeoutMs: 10_000 });
    assert.equal(results.filter(({ outcome }) => outcome === UpsertResult_Outcome.CREATED).length, 100);

    const grpc = new GrpcProgram(cluster().gateway(1).port("grpc"), { token: program.token });
    const plain = inputs(numbers("G"), { lines, total: "159.20" }).map((input) => ({
      ...input,
      createTime: { seconds: Number(input.createTime.seconds), nanos: 0 },
      updateTime: { seconds: Number(input.updateTime.seconds), nanos: 0 },
    }));
    const { message } = await grpc.call("orders", "UpsertOrders", { requestId: requestId(), orders: plain });
    assert.equal((message.results as { outcome: string }[]).filter((one) => one.outcome === "OUTCOME_CREATED").length, 100);
    grpc.close();
  });

  test("a contact is unmasked for staff only, and the audit log says who and why, without what was claimed", async () => {
    const unmask = { requestId: requestId(), order, purpose: "the parcel came back", shop: "claimed" };
    const buyers = await refused(orders(known).unmaskContact(unmask));
    assert.equal(buyers.reason, "ROLE_NOT_ALLOWED");
    const supervisor = await chat.shop.staff({ role: Role.SUPERVISOR });
    const { contact } = await orders(supervisor).unmaskContact(unmask);
    assert.equal(contact?.phone, "13800005678");
    const masked = await orders(supervisor).getOrder({ order });
    assert.equal(masked.contact?.phone, "138****5678");

    const admin = await chat.shop.staff({ role: Role.ADMIN });
    const { entries } = await admin.at(cluster().gateway(0)).admin.listAuditEntries({});
    const entry = entries.find(({ method }) => method === "kefu.orders.v1.OrderService/UnmaskContact");
    assert.ok(entry !== undefined, entries.map(({ method }) => method).join());
    assert.match(entry.request, /the parcel came back/);
    assert.doesNotMatch(entry.request, /claimed/);
  });

  test("errors come back with their details, over HTTP and over gRPC alike", async () => {
    const http = await refused(orders(program).getOrder({ order: "o_nonsense" }));
    const grpc = new GrpcProgram(cluster().gateway(0).port("grpc"), { token: program.token });
    const over = await refusal(grpc.call("orders", "GetOrder", { order: "o_nonsense" }));
    assert.equal(over.reason, http.reason);
    assert.notEqual(over.reason, "");
    grpc.close();
  });

  test("the other replica answers when one is gone", { skip: oneProcess }, async () => {
    await cluster().service("orders", 0).kill();
    try {
      for (let call = 0; call < 10; ++call) assert.equal((await orders(program, call % 2).getOrder({ order })).order, order);
    } finally {
      await cluster().service("orders", 0).restart();
    }
  });

  test("a service that is not there is unavailable with a time to retry, and nothing else suffers", { skip: oneProcess }, async () => {
    const away = await refused(program.at(cluster().gateway(0)).shipments.listShipments({}));
    assert.deepEqual([away.code, away.reason], [Code.Unavailable, "SERVICE_NOT_CONFIGURED"]);
    assert.ok((away.retryDelayMs ?? 0) > 0);
  });

  test("the operator sees events of every log without their data, and how far each consumer is", async () => {
    const { events } = clientsTo(cluster().gateway(0).url, { token: cluster().operatorKey });
    for (const source of ["inquiries", "orders", "directory", "routing"]) {
      const read = await events.readEvents({ source, shop: chat.shop.id });
      assert.ok(read.envelopes.length > 0, source);
      assert.ok(read.envelopes.every(({ data }) => data.length === 0), source);
      const head = await events.readEvents({ source, shop: chat.shop.id, fromHead: true });
      assert.deepEqual([head.envelopes.length, head.nextSeq], [0, head.headSeq], source);
    }
    await eventually("the gateway to have read inquiries' log", async () => {
      const { consumers } = await events.listConsumers({ shop: chat.shop.id });
      const gateway = consumers.find(({ consumer }) => consumer === "gateway");
      const cursor = gateway?.cursors.find(({ source }) => source === "inquiries");
      return cursor !== undefined && cursor.seq > 0n && cursor.seq === cursor.headSeq;
    });
    const { events: refusedEvents, gaps } = await events.listRefusedEvents({ shop: chat.shop.id });
    assert.deepEqual([refusedEvents, gaps], [[], []]);
    const unknown = await refused(events.readEvents({ source: "weather", shop: chat.shop.id }));
    assert.deepEqual([unknown.code, unknown.reason], [Code.NotFound, "NO_SUCH_SOURCE"]);
  });
});
