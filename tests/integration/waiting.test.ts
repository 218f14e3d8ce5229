// Buyers who wait: their place and the predicted wait, full and closed queues, messages left for later, leaving and
// coming back, the agent of last time, and what the shop says by itself.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Code } from "@connectrpc/connect";

import { SystemLine_Kind } from "../gen/kefu/common/v1/entry_pb.js";
import { Parked_Reason } from "../gen/kefu/gateway/v1/buyer_pb.js";
import { Presence, Session_State } from "../gen/kefu/gateway/v1/session_pb.js";
import { agentAtWork, openSession } from "../support/chat.js";
import { clientsTo, refused } from "../support/clients.js";
import { requestId, text } from "../support/people.js";
import { buyerStream } from "../support/streams.js";
import { testCluster } from "../support/test_cluster.js";
import { eventually } from "../support/wait.js";
import {
  ahead,
  configure,
  inSeconds,
  lines,
  linesOf,
  logOf,
  shopWith,
  stateOf,
  waitingBuyer,
} from "../support/waiting.js";

const oneSlot = { capacity: 20 };
const words = (zh: string) => ({ texts: { "zh-CN": zh, en: `(${zh})` } });
const closedDesk = { hours: "never", fallback: { leaveMessage: words("休息中") } };

describe("buyers who wait", () => {
  const cluster = testCluster({ gatewayConfig: { buyer_grace_ms: 4000 } });

  test("see their place move up, and from the first close on how long it will take", async () => {
    const shop = await shopWith(cluster());
    const agent = await agentAtWork(cluster(), shop, oneSlot);
    const served = await waitingBuyer(cluster(), shop);
    const fence = await agent.holds(served.session);
    const first = await waitingBuyer(cluster(), shop, 0);
    const second = await waitingBuyer(cluster(), shop, 1);
    const third = await waitingBuyer(cluster(), shop, 0);
    assert.deepEqual([first, second, third].map(({ state }) => state?.place?.ahead), [0, 1, 2]);
    assert.equal(third.state?.place?.waitHigh, undefined);
    await ahead(third.stream, 2);
    const { entry } = await served.clients.buyer.sendMessage({ requestId: requestId(), session: served.session, content: text("done") });
    await agent.closeSession(served.session, fence, entry!.seq);
    await stateOf(first.stream, ({ state }) => state === Session_State.ACTIVE);
    await ahead(second.stream, 0);
    const { place } = await stateOf(third.stream, (state) => state.place?.ahead === 1 && state.place.waitHigh !== undefined, 30_000);
    assert.ok(place!.waitLow!.seconds < place!.waitHigh!.seconds, JSON.stringify(place, (_, v) => String(v)));
    const shown = third.stream.all("session").map((state) => JSON.stringify(state, (_, v) => (typeof v === "bigint" ? String(v) : v)));
    assert.ok(shown.every((state, i) => state !== shown[i - 1]), "no state is sent twice in a row");
    for (const { stream } of [served, first, second, third, agent]) await stream.close();
  });

  test("are not let in when the queue is full, told so, and come later as they wish", async () => {
    const shop = await shopWith(cluster(), { queueCap: 1 }, { autoReplies: { busy: words("很忙") } });
    const agent = await agentAtWork(cluster(), shop, { presence: Presence.BREAK });
    const first = await waitingBuyer(cluster(), shop);
    assert.equal(first.state?.place?.ahead, 0);
    const second = await waitingBuyer(cluster(), shop, 1);
    assert.equal(second.state?.parked?.reason, Parked_Reason.QUEUE_FULL);
    assert.equal(second.state?.parked?.text, "很忙");
    assert.equal(second.state?.place, undefined);
    const dueIn = Number(second.state!.parked!.dueTime!.seconds) - Date.now() / 1000;
    assert.ok(dueIn > 3500 && dueIn <= 3601, `due in ${dueIn} s`);
    await stateOf(second.stream, ({ parked }) => parked?.reason === Parked_Reason.QUEUE_FULL);
    // What is written now stays in the session.
    const again = await openSession(second.clients, "still there?");
    assert.equal(again.session, second.session);
    assert.equal(again.state?.parked?.reason, Parked_Reason.QUEUE_FULL);
    const wish = { requestId: requestId(), session: second.session, text: "call me", answerTime: inSeconds(2) };
    const left = await second.clients.buyer.leaveMessage(wish);
    assert.equal(left.state?.parked?.reason, Parked_Reason.BUYER_CHOSE);
    await second.clients.buyer.leaveMessage(wish);
    await agent.be(Presence.ONLINE);
    await agent.holds(first.session);
    await agent.holds(second.session);
    await stateOf(second.stream, ({ state, parked }) => state === Session_State.ACTIVE && parked === undefined);
    const log = await logOf(second.clients);
    assert.deepEqual(linesOf(log, SystemLine_Kind.PARKED).map(({ reason }) => reason), ["QUEUE_FULL", "BUYER_CHOSE"]);
    assert.deepEqual(linesOf(log, SystemLine_Kind.AUTO_REPLY).map(({ occasion }) => occasion), ["full"]);
    assert.equal(log.filter(({ content }) => content?.kind.case === "text" && content.kind.value.body === "call me").length, 1);
    for (const { stream } of [first, second, agent]) await stream.close();
  });

  test("refused by a full queue do not stop what the gateway reads", async () => {
    const shop = await shopWith(cluster(), { queueCap: 1 });
    const waiting = await waitingBuyer(cluster(), shop);
    for (let i = 0; i < 3; ++i) await (await waitingBuyer(cluster(), shop)).stream.close();
    await waiting.clients.buyer.leaveQueue({ requestId: requestId(), session: waiting.session });
    const { events } = clientsTo(cluster().gateway(0).url, { token: cluster().operatorKey });
    await eventually("the gateway to have read inquiries' log", async () => {
      const { consumers } = await events.listConsumers({ shop: shop.id });
      const gateway = consumers.find(({ consumer }) => consumer === "gateway");
      const cursor = gateway?.cursors.find(({ source }) => source === "inquiries");
      return cursor !== undefined && cursor.seq > 0n && cursor.seq === cursor.headSeq;
    });
    assert.deepEqual((await events.listRefusedEvents({ shop: shop.id })).events, []);
    await waiting.stream.close();
  });

  test("outside the hours leave a message, and are served once it is open", async () => {
    const shop = await shopWith(cluster(), closedDesk);
    const agent = await agentAtWork(cluster(), shop);
    const late = await waitingBuyer(cluster(), shop);
    assert.equal(late.state?.parked?.reason, Parked_Reason.CLOSED);
    assert.equal(late.state?.parked?.text, "休息中");
    await stateOf(late.stream, ({ parked }) => parked?.text === "休息中");
    // Still closed then: kept for longer, and told.
    const session = late.session;
    await late.clients.buyer.leaveMessage({ requestId: requestId(), session, answerTime: inSeconds(1) });
    await lines(late.stream, SystemLine_Kind.PARKED, 3);
    await configure(cluster(), shop);
    await late.clients.buyer.leaveMessage({ requestId: requestId(), session, answerTime: inSeconds(1) });
    await agent.holds(session);
    await stateOf(late.stream, ({ state }) => state === Session_State.ACTIVE);
    const replies = linesOf(await logOf(late.clients), SystemLine_Kind.AUTO_REPLY);
    assert.deepEqual(replies, [{ text: "休息中", occasion: "closed" }]);
    for (const { stream } of [late, agent]) await stream.close();
  });

  test("leave the queue, and the session is closed as abandoned; who is served does not", async () => {
    const shop = await shopWith(cluster());
    const agent = await agentAtWork(cluster(), shop, oneSlot);
    const served = await waitingBuyer(cluster(), shop);
    await agent.holds(served.session);
    const gone = await waitingBuyer(cluster(), shop, 1);
    const behind = await waitingBuyer(cluster(), shop);
    await ahead(behind.stream, 1);
    await gone.clients.buyer.leaveQueue({ requestId: requestId(), session: gone.session });
    await gone.clients.buyer.leaveQueue({ requestId: requestId(), session: gone.session });
    await stateOf(gone.stream, ({ state }) => state === Session_State.CLOSED);
    await ahead(behind.stream, 0);
    const closed = linesOf(await logOf(gone.clients), SystemLine_Kind.SESSION_CLOSED);
    assert.deepEqual(closed, [{ reason: "abandoned" }]);
    assert.equal((await gone.clients.buyer.getState({})).openSession, "");
    const leave = { requestId: requestId(), session: served.session };
    for (const refusal of [
      await refused(served.clients.buyer.leaveQueue(leave)),
      await refused(served.clients.buyer.leaveMessage({ ...leave, text: "later" })),
    ]) {
      assert.equal(refusal.code, Code.FailedPrecondition);
      assert.equal(refusal.reason, "NOT_WAITING");
    }
    assert.equal((await refused(gone.clients.buyer.leaveQueue(leave))).code, Code.NotFound);
    const past = await refused(behind.clients.buyer.leaveMessage({ requestId: requestId(), session: behind.session, answerTime: inSeconds(-5) }));
    assert.deepEqual([past.code, past.fields], [Code.InvalidArgument, ["answer_time"]]);
    for (const { stream } of [served, gone, behind, agent]) await stream.close();
  });

  test("who go away keep their place for a while, and lose it after that", async () => {
    const shop = await shopWith(cluster());
    const agent = await agentAtWork(cluster(), shop, { presence: Presence.BREAK });
    const first = await waitingBuyer(cluster(), shop);
    const second = await waitingBuyer(cluster(), shop, 1);
    await ahead(second.stream, 1);
    await first.stream.close();
    await ahead(second.stream, 0);
    const back = buyerStream(first.buyer.at(cluster().gateway(1)));
    await ahead(back, 0);
    await ahead(second.stream, 1);
    // One of two streams, at two gateways, is enough.
    const other = buyerStream(first.clients);
    await ahead(other, 0);
    await back.close();
    await agent.be(Presence.ONLINE);
    await agent.holds(first.session);
    await agent.holds(second.session);
    await agent.be(Presence.BREAK);
    const third = await waitingBuyer(cluster(), shop);
    await ahead(third.stream, 0);
    await third.stream.close();
    const over = async () => (await third.clients.buyer.getState({})).openSession === "";
    await eventually("the session to be closed", over, 20_000, 250);
    const closed = linesOf(await logOf(third.clients), SystemLine_Kind.SESSION_CLOSED);
    assert.deepEqual(closed, [{ reason: "abandoned" }]);
    for (const stream of [other, second.stream, agent.stream]) await stream.close();
  });

  test("come back to the agent of last time", async () => {
    const shop = await shopWith(cluster());
    const last = await agentAtWork(cluster(), shop);
    const buyer = await waitingBuyer(cluster(), shop);
    const fence = await last.holds(buyer.session);
    await last.closeSession(buyer.session, fence, 100n);
    // Has more to do than the other one from now on.
    const busy = await waitingBuyer(cluster(), shop);
    await last.holds(busy.session);
    const idle = await agentAtWork(cluster(), shop, { gateway: 0 });
    const { session } = await openSession(buyer.clients, "me again");
    await last.holds(session);
    for (const { stream } of [buyer, busy, last, idle]) await stream.close();
  });

  test("hear once that all are busy, and once in an absence that their agent is away", async () => {
    const replies = { busy: words("很忙"), away: words("离开一下"), closed: words("关门了") };
    const shop = await shopWith(cluster(), {}, { autoReplies: replies });
    const waiting = await waitingBuyer(cluster(), shop);
    const replied = (count: number) => lines(waiting.stream, SystemLine_Kind.AUTO_REPLY, count);
    await replied(1);
    const agent = await agentAtWork(cluster(), shop);
    const fence = await agent.holds(waiting.session);
    const say = (body: string) => waiting.clients.buyer.sendMessage({ requestId: requestId(), session: waiting.session, content: text(body) });
    await say("hello?");
    await agent.be(Presence.BREAK);
    await say("are you there?");
    await replied(2);
    await say("anybody?");
    await agent.say(waiting.session, fence, "back");
    await say("good");
    await replied(3);
    const said = linesOf(await logOf(waiting.clients), SystemLine_Kind.AUTO_REPLY);
    assert.deepEqual(said.map(({ occasion }) => occasion), ["busy", "away", "away"]);
    for (const { stream } of [waiting, agent]) await stream.close();
  });

  test("where nobody lets them leave a message, wait for the opening and are told so", async () => {
    const shop = await shopWith(cluster(), { hours: "never" }, { autoReplies: { closed: words("关门了") } });
    const waiting = await waitingBuyer(cluster(), shop);
    assert.equal(waiting.state?.place?.ahead, 0);
    const [said] = await lines(waiting.stream, SystemLine_Kind.AUTO_REPLY, 1);
    assert.deepEqual(said, { occasion: "closed", text: "关门了" });
    await waiting.stream.close();
  });
});
