// After-sales through the gateway: buyers, agents and the shop's program on one case, with double clicks.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { Code } from "@connectrpc/connect";

import { type Case, Case_Kind, Case_Reason, Case_State } from "../gen/kefu/after_sales/v1/service_pb.js";
import type { Entry } from "../gen/kefu/common/v1/entry_pb.js";
import { Order_Aftersale, Order_Fulfilment, Order_Payment } from "../gen/kefu/orders/v1/service_pb.js";
import { Role } from "../gen/kefu/options_pb.js";
import { Chat, newShop } from "../support/chat.js";
import { type Clients, refused } from "../support/clients.js";
import { oneProcess, twoOfEach } from "../support/cluster.js";
import { requestId } from "../support/people.js";
import { testCluster } from "../support/test_cluster.js";
import { Trade } from "../support/trade.js";
import { eventually } from "../support/wait.js";

const bothCups = [{ line: "1", quantity: 2 }];

function opening(order: string, kind = Case_Kind.RETURN_REFUND, lines = bothCups) {
  return { requestId: requestId(), order, kind, reason: Case_Reason.DEFECTIVE, lines, note: "it is chipped" };
}

// The states that the cards of the case show, in the order of the conversation.
function cardsOf(name: string, entries: Entry[]): string[] {
  return entries.flatMap(({ content }) => {
    const kind = content?.kind;
    return kind?.case === "case" && kind.value.case === name ? [kind.value.state] : [];
  });
}

// Both at once; which of them succeeded, and why the others did not.
async function together(...calls: Promise<unknown>[]): Promise<string[]> {
  const outcomes = calls.map(async (call) => {
    let reason = "ok";
    await call.catch(async () => {
      reason = (await refused(call)).reason;
    });
    return reason;
  });
  return (await Promise.all(outcomes)).sort();
}

describe("an after-sales case", () => {
  const cluster = testCluster({ replicas: twoOfEach });
  let chat: Chat;
  let trade: Trade;
  let supervisor: Clients;

  before(async () => {
    chat = await Chat.start(cluster());
    trade = await Trade.start(cluster(), chat.shop);
    supervisor = (await chat.shop.staff({ role: Role.SUPERVISOR })).at(cluster().gateway(0));
  });
  after(async () => await chat.end());

  const buyerAt = (gateway: number) => chat.buyer.at(cluster().gateway(gateway)).cases;
  const agentAt = (gateway: number) => chat.agent.staff.at(cluster().gateway(gateway)).cases;
  const delivered = async () =>
    await trade.order(chat.buyer.buyer, { fulfilment: Order_Fulfilment.DELIVERED });
  const opened = async (kind = Case_Kind.RETURN_REFUND): Promise<Case> => {
    const { order } = await delivered();
    return (await buyerAt(0).openCase(opening(order, kind))).case!;
  };

  test("is opened once, approved once, and money goes back once, however often everybody clicks", async () => {
    const { order, number } = await delivered();
    const request = opening(order);
    // The same click at both gateways, and another click.
    const [first, again] = await Promise.all([buyerAt(0).openCase(request), buyerAt(1).openCase(request)]);
    const name = first.case!.case;
    assert.equal(again.case!.case, name);
    assert.equal((await refused(buyerAt(1).openCase(opening(order)))).reason, "TOO_MANY_UNITS");
    assert.equal(first.case!.state, Case_State.REQUESTED);
    assert.equal(first.case!.orderNumber, number);
    assert.deepEqual([first.case!.requested!.currency, first.case!.requested!.minorUnits], ["CNY", 3980n]);
    await trade.orderWhen(order, "to show the case", (o) => o.aftersale === Order_Aftersale.REQUESTED);

    const approve = (gateway: number) => agentAt(gateway).approveCase({ requestId: requestId(), case: name, note: "a regular" });
    assert.deepEqual(await together(approve(0), approve(1)), ["TRANSITION_FORBIDDEN", "ok"]);
    const parcel = { carrier: "shunfeng", trackingNumber: "SF000000000001" };
    await buyerAt(1).reportReturn({ requestId: requestId(), case: name, parcel });
    await trade.orderWhen(order, "to be in after-sales", (o) => o.aftersale === Order_Aftersale.IN_PROGRESS);
    await agentAt(0).receiveReturn({ requestId: requestId(), case: name });
    assert.equal((await refused(agentAt(0).refundCase({ requestId: requestId(), case: name }))).reason, "NOT_INSPECTED");
    await agentAt(1).inspectReturn({ requestId: requestId(), case: name, lines: [{ line: "1", accepted: 1 }] });

    const refund = (gateway: number) => agentAt(gateway).refundCase({ requestId: requestId(), case: name });
    assert.deepEqual(await together(refund(0), refund(1), refund(0)), ["REFUND_EXISTS", "REFUND_EXISTS", "ok"]);
    const pending = await agentAt(0).getCase({ case: name });
    assert.equal(pending.state, Case_State.REFUND_PENDING);
    assert.deepEqual(pending.refunds.map((r) => r.amount!.minorUnits), [1990n]);

    const settled = { requestId: requestId(), case: name, refund: pending.refunds[0]!.refund, succeeded: true, reference: "pay-1" };
    await trade.clients.cases.settleRefund(settled);
    const repeated = await trade.clients.cases.settleRefund(settled);
    assert.equal(repeated.case!.state, Case_State.COMPLETED);
    const done = await trade.orderWhen(order, "to be done with", (o) => o.aftersale === Order_Aftersale.COMPLETED);
    assert.deepEqual(done.cases.map((c) => [c.case, c.kind, c.state]), [[name, "RETURN_REFUND", "COMPLETED"]]);

    const way = ["REQUESTED", "APPROVED_AWAITING_RETURN", "RETURN_IN_TRANSIT", "RECEIVED", "INSPECTED", "REFUND_PENDING", "COMPLETED"];
    await eventually("all cards", async () => cardsOf(name, await chat.buyerLog()).length >= way.length);
    assert.deepEqual(cardsOf(name, await chat.buyerLog()), way);
    assert.deepEqual(cardsOf(name, await chat.agentLog()), way);
    const whole = await agentAt(1).getCase({ case: name });
    assert.deepEqual(whole.history.map((move) => Case_State[move.to]), way);
    assert.equal(whole.history[1]!.note, "a regular");
  });

  test("is its buyer's and its shop's only, and keeps the staff's notes from the buyer", async () => {
    const { case: name, order } = await opened();
    await agentAt(0).approveCase({ requestId: requestId(), case: name, note: "a regular" });
    const mine = await buyerAt(0).getCase({ case: name });
    assert.deepEqual(mine.history.map((move) => move.note), ["it is chipped", ""]);
    assert.equal(mine.history[1]!.actor!.id, "");

    const strangers = [
      (await chat.shop.guest()).at(cluster().gateway(0)),
      (await (await newShop(cluster())).staff({ role: Role.SUPERVISOR })).at(cluster().gateway(1)),
    ];
    for (const { cases } of strangers) {
      const calls = [() => cases.getCase({ case: name }), () => cases.closeCase({ requestId: requestId(), case: name })];
      for (const call of calls) {
        const { code, reason } = await refused(call());
        assert.deepEqual([code, reason], [Code.NotFound, "NO_SUCH_CASE"]);
      }
      assert.equal((await refused(cases.openCase(opening(order)))).reason, "NO_SUCH_ORDER");
      assert.deepEqual((await cases.listCases({ order, buyer: chat.buyer.buyer })).cases, []);
    }
  });

  test("keeps its state and money and loses its notes when the buyer is erased", async () => {
    const leaving = await chat.shop.identified("customer-leaving");
    const { order } = await trade.order(leaving.buyer, { fulfilment: Order_Fulfilment.DELIVERED });
    const own = leaving.at(cluster().gateway(0)).cases;
    const { case: name } = (await own.openCase(opening(order, Case_Kind.REFUND_ONLY))).case!;
    await agentAt(1).approveCase({ requestId: requestId(), case: name, note: "a regular" });
    const notesAt = async (gateway: number) => (await agentAt(gateway).getCase({ case: name })).history.map(({ note }) => note);
    for (const gateway of [0, 1]) assert.deepEqual(await notesAt(gateway), ["it is chipped", "a regular"]);

    const { admin } = (await chat.shop.staff({ role: Role.ADMIN })).at(cluster().gateway(0));
    await admin.eraseBuyer({ requestId: requestId(), buyer: leaving.buyer });
    await eventually("the notes to go", async () => (await notesAt(0)).every((note) => note === ""));
    assert.deepEqual(await notesAt(1), ["", ""]);
    const { cases } = await agentAt(0).listCases({ order });
    assert.deepEqual(cases[0]!.history.map(({ note }) => note), ["", ""]);
    assert.equal(cases[0]!.state, Case_State.REFUND_PENDING);
    assert.equal(cases[0]!.refunds[0]!.amount!.minorUnits, 3980n);

    // What is noted about the case from now on is not part of what was to be forgotten.
    const refund = cases[0]!.refunds[0]!.refund;
    const settled = { requestId: requestId(), case: name, refund, succeeded: true, note: "paid back" };
    await trade.clients.cases.settleRefund(settled);
    assert.deepEqual(await notesAt(0), ["", "", "paid back"]);
  });

  test("takes shop and actor from the credential, whatever the request says", async () => {
    const { case: name } = await opened();
    const actor = { role: Role.SUPERVISOR, id: "me" };
    await buyerAt(0).closeCase({ requestId: requestId(), case: name, shop: "another", actor });
    const { history } = await agentAt(0).getCase({ case: name });
    assert.deepEqual([history[1]!.actor!.role, history[1]!.actor!.id], [Role.BUYER, chat.buyer.buyer]);
  });

  test("refuses what a role may not do", async () => {
    const { case: name } = await opened();
    const calls = [
      () => buyerAt(0).approveCase({ requestId: requestId(), case: name }),
      () => buyerAt(0).refundCase({ requestId: requestId(), case: name }),
      () => agentAt(0).settleRefund({ requestId: requestId(), case: name, refund: `${name}_r1`, succeeded: true }),
    ];
    for (const call of calls) {
      const { code, reason } = await refused(call());
      assert.deepEqual([code, reason], [Code.PermissionDenied, "ROLE_NOT_ALLOWED"]);
    }
    // A ruling is the supervisor's.
    await buyerAt(0).escalateCase({ requestId: requestId(), case: name });
    const ruling = { requestId: requestId(), case: name, amount: "10.00" };
    assert.equal((await refused(agentAt(0).refundCase(ruling))).code, Code.PermissionDenied);
    const ruled = await supervisor.cases.refundCase({ ...ruling, requestId: requestId() });
    assert.equal(ruled.case!.refunds[0]!.amount!.minorUnits, 1000n);
  });

  test("says what is possible instead of what is not", async () => {
    const { case: name, etag } = await opened();
    const early = await refused(agentAt(0).receiveReturn({ requestId: requestId(), case: name }));
    assert.deepEqual([early.code, early.reason, early.metadata.from], [Code.FailedPrecondition, "TRANSITION_FORBIDDEN", "REQUESTED"]);
    assert.match(early.metadata.allowed!, /ApproveCase/);
    assert.deepEqual((await refused(agentAt(0).rejectCase({ requestId: requestId(), case: name }))).fields, ["note"]);
    await agentAt(0).requestInformation({ requestId: requestId(), case: name, note: "a picture, please" });
    const stale = await refused(agentAt(1).closeCase({ requestId: requestId(), case: name, etag }));
    assert.deepEqual([stale.code, stale.reason], [Code.Aborted, "VERSION_CONFLICT"]);
  });

  test("is not opened for what was not bought or not paid", async () => {
    const unpaid = await trade.order(chat.buyer.buyer, { payment: Order_Payment.UNPAID, paid: "0" });
    assert.equal((await refused(buyerAt(0).openCase(opening(unpaid.order)))).reason, "NOT_PAID");
    const { order } = await delivered();
    const ask = async (more: object) => await refused(buyerAt(0).openCase({ ...opening(order), ...more }));
    assert.equal((await ask({ lines: [{ line: "1", quantity: 3 }] })).reason, "TOO_MANY_UNITS");
    assert.equal((await ask({ requested: "39.81" })).reason, "REFUND_TOO_HIGH");
    assert.equal((await ask({ requested: "0.001" })).reason, "BAD_AMOUNT");
    assert.deepEqual((await ask({ lines: [{ line: "9", quantity: 1 }] })).fields, ["lines[0].line"]);
    assert.deepEqual((await ask({ kind: Case_Kind.UNSPECIFIED })).fields, ["kind"]);
    assert.deepEqual((await buyerAt(0).listCases({ order })).cases, []);
  });

  test("is listed page by page, last changed first", async () => {
    const shop = await newShop(cluster());
    const program = await Trade.start(cluster(), shop);
    const buyer = await shop.guest();
    const { cases } = buyer.at(cluster().gateway(0));
    const names: string[] = [];
    for (let i = 0; i < 5; ++i) {
      const { order } = await program.order(buyer.buyer);
      names.unshift((await cases.openCase(opening(order, Case_Kind.EXCHANGE))).case!.case);
    }
    await cases.closeCase({ requestId: requestId(), case: names[4]! });
    const expected = [names[4]!, ...names.slice(0, 4)];
    const seen: string[] = [];
    let pageToken = "";
    do {
      const page = await cases.listCases({ pageSize: 2, pageToken });
      seen.push(...page.cases.map((one) => one.case));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    assert.deepEqual(seen, expected);
    const live = await program.clients.cases.listCases({ liveOnly: true, buyer: buyer.buyer });
    assert.deepEqual(live.cases.map((one) => one.case), expected.slice(1));
    const { nextPageToken } = await cases.listCases({ pageSize: 1 });
    const other = cases.listCases({ pageSize: 1, liveOnly: true, pageToken: nextPageToken });
    assert.equal((await refused(other)).reason, "BAD_PAGE_TOKEN");
  });

  test("is not opened while orders is away, and by the same request when it is back", { skip: oneProcess }, async () => {
    const { order } = await delivered();
    const request = opening(order, Case_Kind.REFUND_ONLY);
    const services = [cluster().service("orders", 0), cluster().service("orders", 1)];
    await Promise.all(services.map((service) => service.stop()));
    try {
      assert.equal((await refused(buyerAt(0).openCase(request))).code, Code.Unavailable);
      assert.deepEqual((await buyerAt(0).listCases({ order })).cases, []);
    } finally {
      await Promise.all(services.map((service) => service.start()));
    }
    const { case: one } = await eventually("the case to be opened", async () => await buyerAt(0).openCase(request).catch(() => false));
    assert.equal(one!.state, Case_State.REQUESTED);
  });
});

describe("the deadline of a return", () => {
  const cluster = testCluster({ replicas: twoOfEach, config: { after_sales: { return_within_ms: 300 } } });

  test("closes the case by itself, and says so on the order and in the conversation", async () => {
    const chat = await Chat.start(cluster());
    const trade = await Trade.start(cluster(), chat.shop);
    const { order } = await trade.order(chat.buyer.buyer, { fulfilment: Order_Fulfilment.DELIVERED });
    const { cases } = chat.buyerClients;
    const name = (await cases.openCase(opening(order))).case!.case;
    const approved = await chat.agent.clients.cases.approveCase({ requestId: requestId(), case: name });
    assert.equal(approved.case!.deadlineState, "CLOSED");
    const closed = await eventually("the case to close", async () => {
      const one = await cases.getCase({ case: name });
      return one.state === Case_State.CLOSED && one;
    });
    assert.equal(closed.history.length, 3);
    const late = await refused(cases.reportReturn({ requestId: requestId(), case: name }));
    assert.deepEqual([late.code, late.reason], [Code.FailedPrecondition, "RETURN_TOO_LATE"]);
    await trade.orderWhen(order, "to show the case closed", (o) => o.cases[0]?.state === "CLOSED");
    const way = ["REQUESTED", "APPROVED_AWAITING_RETURN", "CLOSED"];
    await eventually("all cards", async () => cardsOf(name, await chat.buyerLog()).length >= way.length);
    assert.deepEqual(cardsOf(name, await chat.buyerLog()), way);
    assert.ok((await cases.openCase(opening(order))).case);
    await chat.end();
  });
});
