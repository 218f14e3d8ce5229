// Orders through the gateway: who may see which, how they are found, what is masked and what is refused.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";

import { Code } from "@connectrpc/connect";
import { anyUnpack, timestampFromMs } from "@bufbuild/protobuf/wkt";

import { ErrorInfoSchema } from "../gen/google/rpc/error_details_pb.js";
import { Order_Fulfilment, Order_Payment, Order_State, UpsertResult_Outcome } from "../gen/kefu/orders/v1/service_pb.js";
import { Role } from "../gen/kefu/options_pb.js";
import { newShop } from "../support/chat.js";
import { type Clients, refused } from "../support/clients.js";
import { twoOfEach } from "../support/cluster.js";
import { type Buyer, type Person, type Shop, type Staff, requestId } from "../support/people.js";
import { testCluster } from "../support/test_cluster.js";
import { eventually } from "../support/wait.js";

const contact = {
  name: "张三",
  phone: "13812345678",
  address: "1 Test Road",
  country: "CN",
  region: "浙江",
  city: "杭州",
  postalCode: "310000",
};

function version(number: string, more: Record<string, unknown> = {}) {
  const time = timestampFromMs(Date.now() - 3_600_000);
  return {
    source: "native",
    number,
    sourceVersion: 1n,
    createTime: time,
    updateTime: time,
    currency: "CNY",
    lines: [{ line: "1", sku: "CUP-01", title: "Cup 杯子", quantity: 2, unitPrice: "19.90" }],
    ...more,
  };
}

describe("orders", () => {
  const cluster = testCluster({ replicas: twoOfEach });
  let shop: Shop;
  let program: Person;
  let agent: Staff;
  let buyer: Buyer;
  let neighbour: Buyer;

  before(async () => {
    shop = await newShop(cluster());
    program = await shop.program("erp");
    agent = await shop.staff();
    buyer = await shop.identified("customer-17");
    neighbour = await shop.identified("customer-18");
  });

  const at = (person: Person, gateway = 0): Clients => person.at(cluster().gateway(gateway));
  const upsert = async (...orders: ReturnType<typeof version>[]) => {
    const { results } = await at(program).orders.upsertOrders({ requestId: requestId(), orders });
    return results;
  };
  const upserted = async (order: ReturnType<typeof version>): Promise<string> => {
    const [result] = await upsert(order);
    assert.equal(result!.error?.message, undefined);
    return result!.order;
  };
  const reasonOf = (result: Awaited<ReturnType<typeof upsert>>[number]): string =>
    result.error!.details.flatMap((detail) => anyUnpack(detail, ErrorInfoSchema)?.reason ?? [])[0] ?? "";

  test("belong to the buyer whom the shop knows by an id of its own, and nobody else sees them", async () => {
    const order = await upserted(version("A-1", { buyerExternalId: "customer-17", contact }));
    const seen = await at(buyer, 1).orders.getOrder({ order });
    assert.equal(seen.buyer, buyer.buyer);
    assert.deepEqual([seen.contact!.name, seen.contact!.phone, seen.contact!.city], ["张*", "138****5678", "杭州"]);
    assert.deepEqual([seen.contact!.address, seen.contact!.postalCode], ["", ""]);

    const mine = await at(buyer).orders.listOrders({ buyer: neighbour.buyer });
    assert.ok(mine.orders.length > 0 && mine.orders.every((o) => o.buyer === buyer.buyer));
    const elsewhere = await (await newShop(cluster())).staff();
    const absent = `o_${"a".repeat(26)}`;
    const answers = await Promise.all([
      refused(at(neighbour).orders.getOrder({ order })),
      refused(at(elsewhere).orders.getOrder({ order })),
      refused(at(buyer).orders.getOrder({ order: absent })),
    ]);
    for (const answer of answers) assert.deepEqual([answer.code, answer.reason], [Code.NotFound, "NO_SUCH_ORDER"]);
    assert.equal(new Set(answers.map(({ sentence }) => sentence)).size, 1);
  });

  test("are found by number, phone tail, tracking number, buyer and state", async () => {
    const order = await upserted(
      version("F-1", {
        buyer: neighbour.buyer,
        contact: { ...contact, phone: "13900009876" },
        parcels: [{ carrier: "shunfeng", trackingNumber: "sf 7777 7777" }],
        state: Order_State.ON_HOLD,
      }),
    );
    const queries = [
      { find: { case: "number" as const, value: "F-1" } },
      { find: { case: "phoneTail" as const, value: "9876" } },
      { find: { case: "trackingNumber" as const, value: "SF77777777" } },
      { buyer: neighbour.buyer },
      { state: Order_State.ON_HOLD },
    ];
    for (const query of queries) {
      const { orders } = await at(agent, 1).orders.listOrders(query);
      assert.deepEqual(orders.map((o) => o.order), [order], JSON.stringify(query));
    }
    const none = await at(agent).orders.listOrders({ find: { case: "number", value: "F-2" } });
    assert.deepEqual(none.orders, []);
    const wrong = await refused(at(agent).orders.listOrders({ find: { case: "phoneTail", value: "76" } }));
    assert.deepEqual([wrong.code, wrong.reason], [Code.InvalidArgument, "INVALID_FIELD"]);
  });

  test("are listed newest first, page by page at either gateway, by tokens good for their query only", async () => {
    const own = await newShop(cluster());
    const erp = await own.program();
    const hour = Date.now() - 3_600_000;
    const orders = Array.from({ length: 25 }, (_, i) => version(`P${i}`, { createTime: timestampFromMs(hour + i) }));
    await at(erp).orders.upsertOrders({ requestId: requestId(), orders });
    const seen: string[] = [];
    let pageToken = "";
    let pages = 0;
    do {
      const page = await at(erp, pages++ % 2).orders.listOrders({ pageSize: 10, pageToken });
      seen.push(...page.orders.map((o) => o.number));
      const later = version("later", { createTime: timestampFromMs(Date.now()) });
      if (pages === 1) await at(erp).orders.upsertOrders({ requestId: requestId(), orders: [later] });
      pageToken = page.nextPageToken;
      if (pages === 2) {
        const other = await refused(at(erp).orders.listOrders({ pageToken, state: Order_State.OPEN }));
        assert.equal(other.reason, "BAD_PAGE_TOKEN");
      }
    } while (pageToken !== "");
    assert.deepEqual(seen, orders.map((o) => o.number).reverse());
  });

  test("show their contact to staff who say why, which stands in the audit log", async () => {
    const order = await upserted(version("U-1", { buyer: buyer.buyer, contact }));
    const request = { requestId: requestId(), order, purpose: "the parcel came back" };
    const unmasked = await at(agent).orders.unmaskContact(request);
    assert.deepEqual(
      [unmasked.contact!.name, unmasked.contact!.phone, unmasked.contact!.address],
      [contact.name, contact.phone, contact.address],
    );
    const admin = at(await shop.staff({ role: Role.ADMIN }), 1).admin;
    const { entries } = await admin.listAuditEntries({ pageSize: 100 });
    const entry = entries.find(({ requestId }) => requestId === request.requestId);
    assert.deepEqual([entry?.subject, entry?.role], [agent.agent, Role.AGENT]);
    assert.match(entry!.request, /the parcel came back/);
    assert.doesNotMatch(entry!.request, /13812345678/);
    for (const person of [buyer, program]) {
      assert.equal((await refused(at(person).orders.unmaskContact(request))).code, Code.PermissionDenied);
    }
    const silent = { ...request, requestId: requestId(), purpose: "" };
    assert.equal((await refused(at(agent).orders.unmaskContact(silent))).reason, "INVALID_FIELD");
  });

  test("keep their money and lose their contact when the buyer is erased", async () => {
    const leaving = await shop.identified("customer-leaving");
    const order = await upserted(version("E-1", { buyer: leaving.buyer, contact: { ...contact, phone: "13700004321" } }));
    const admin = at(await shop.staff({ role: Role.ADMIN })).admin;
    await admin.eraseBuyer({ requestId: requestId(), buyer: leaving.buyer });
    await eventually("the masks to go", async () => (await at(agent, 1).orders.getOrder({ order })).contact?.phone === undefined);
    const gone = await refused(at(agent).orders.unmaskContact({ requestId: requestId(), order, purpose: "curious" }));
    assert.deepEqual([gone.code, gone.reason], [Code.FailedPrecondition, "CONTACT_ERASED"]);
    const { orders } = await at(agent).orders.listOrders({ find: { case: "phoneTail", value: "4321" } });
    assert.deepEqual(orders, []);
    assert.equal((await at(agent).orders.getOrder({ order })).totals!.total!.minorUnits, 3980n);
  });

  test("of a batch are kept if they are good; each bad one is told why", async () => {
    const line = { line: "1", title: "Cup", quantity: 1, unitPrice: "1.00" };
    const bad: [ReturnType<typeof version>, string][] = [
      [version("B1", { currency: "RMB" }), "UNKNOWN_CURRENCY"],
      [version("B2", { lines: [{ ...line, unitPrice: "-1.00" }] }), "BAD_AMOUNT"],
      [version("B3", { lines: [{ ...line, unitPrice: "1.001" }] }), "BAD_AMOUNT"],
      [version("B4", { currency: "JPY", lines: [{ ...line, unitPrice: "1.0" }] }), "BAD_AMOUNT"],
      [version("B5", { lines: [] }), "INVALID_FIELD"],
      [version("B6", { lines: [line, line] }), "INVALID_FIELD"],
      [version("B7", { createTime: timestampFromMs(Date.now() + 600_000) }), "INVALID_FIELD"],
      [version("B8", { lines: [{ ...line, unitPrice: "9999999999999", quantity: 100_000 }] }), "BAD_AMOUNT"],
      [version("B9", { lines: [{ ...line, title: "x".repeat(513) }] }), "INVALID_FIELD"],
      [version("x".repeat(65)), "INVALID_FIELD"],
      [version("B11", { parcels: [{ carrier: "SF!", trackingNumber: "SF1234" }] }), "INVALID_FIELD"],
    ];
    const results = await upsert(version("G-1"), ...bad.map(([order]) => order), version("G-2"));
    assert.equal(results[0]!.outcome, UpsertResult_Outcome.CREATED);
    assert.equal(results.at(-1)!.outcome, UpsertResult_Outcome.CREATED);
    bad.forEach(([order, reason], index) => {
      const result = results[index + 1]!;
      assert.equal(result.outcome, UpsertResult_Outcome.REFUSED, order.number);
      assert.equal(reasonOf(result), reason, order.number);
      assert.notEqual(result.error!.message, "");
    });
    // What is no text at all does not get past the edge.
    const nul = await refused(upsert(version("N-1", { lines: [{ ...line, title: "nul\0" }] })));
    assert.equal(nul.code, Code.InvalidArgument);
    const many = Array.from({ length: 101 }, (_, i) => version(`M${i}`));
    const tooMany = await refused(upsert(...many));
    assert.deepEqual([tooMany.code, tooMany.reason], [Code.InvalidArgument, "INVALID_FIELD"]);
  });

  test("come in versions: late and repeated ones are harmless, forbidden and contradicting ones refused", async () => {
    const paid = version("V-1", { sourceVersion: 5n, payment: Order_Payment.PAID });
    const outcome = async (order: ReturnType<typeof version>) => (await upsert(order))[0]!;
    assert.equal((await outcome(paid)).outcome, UpsertResult_Outcome.CREATED);
    assert.equal((await outcome(paid)).outcome, UpsertResult_Outcome.UNCHANGED);
    assert.equal((await outcome({ ...paid, sourceVersion: 4n })).outcome, UpsertResult_Outcome.STALE);
    assert.equal(reasonOf(await outcome({ ...paid, total: "1.00" } as typeof paid)), "SOURCE_VERSION_REUSED");
    const unpaid = { ...paid, sourceVersion: 6n, payment: Order_Payment.UNPAID } as typeof paid;
    assert.equal(reasonOf(await outcome(unpaid)), "TRANSITION_FORBIDDEN");
    const refunded = { ...paid, sourceVersion: 6n, payment: Order_Payment.REFUNDED } as typeof paid;
    assert.equal((await outcome(refunded)).outcome, UpsertResult_Outcome.UPDATED);
  });

  test("of platforms are understood in the platforms' words; unknown ones are kept", async () => {
    const shopify = version("1001", {
      source: "shopify",
      sourceStatus: { financial_status: "paid", fulfillment_status: "partial", cancelled_at: "" },
    });
    const [first] = await upsert(shopify);
    assert.deepEqual(first!.unknownStatuses, []);
    const strange = { ...shopify, sourceVersion: 2n, sourceStatus: { financial_status: "moonlit" } } as typeof shopify;
    const [second] = await upsert(strange);
    assert.deepEqual(second!.unknownStatuses, ["financial_status"]);
    const order = await at(agent).orders.getOrder({ order: first!.order });
    assert.deepEqual(
      [order.payment, order.fulfilment, order.sourceStatus["financial_status"]],
      [Order_Payment.PAID, Order_Fulfilment.PARTIALLY_SHIPPED, "moonlit"],
    );
  });
});
