// A gateway dies while it keeps a session for later, or brings one back: another one completes it, once.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { SystemLine_Kind } from "../gen/kefu/common/v1/entry_pb.js";
import { Presence } from "../gen/kefu/gateway/v1/session_pb.js";
import { agentAtWork, openSession } from "../support/chat.js";
import { requestId } from "../support/people.js";
import { testCluster } from "../support/test_cluster.js";
import { eventually } from "../support/wait.js";
import { configure, inSeconds, linesOf, logOf, shopWith } from "../support/waiting.js";

describe("a gateway that dies", () => {
  const cluster = testCluster({ gateways: 2 });
  const closed = { hours: "never", fallback: { leaveMessage: { texts: { "zh-CN": "休息中" } } } };

  for (const failpoint of ["gateway.open.after_inquiry", "gateway.park.after_record"]) {
    test(`at ${failpoint} leaves a session that is kept for later, and told so once`, async () => {
      const shop = await shopWith(cluster(), closed);
      const buyer = await shop.guest();
      await cluster().gateway(0).restart(`${failpoint}=kill`);
      const request = requestId();
      await assert.rejects(openSession(buyer.at(cluster().gateway(0)), "hello", request));
      await cluster().gateway(0).died();
      const clients = buyer.at(cluster().gateway(1));
      const parked = async () => linesOf(await logOf(clients), SystemLine_Kind.PARKED);
      await eventually("the line", async () => (await parked()).length > 0, 30_000, 250);
      const { state } = await openSession(clients, "hello", request);
      assert.ok(state?.parked !== undefined);
      await cluster().gateway(0).restart();
      await openSession(buyer.at(cluster().gateway(0)), "again");
      assert.equal((await parked()).length, 1);
    });
  }

  test("at gateway.return.after_arrive has brought the session back, and nothing is left over", async () => {
    const shop = await shopWith(cluster(), closed);
    const buyer = await shop.guest();
    const clients = buyer.at(cluster().gateway(0));
    const { session } = await openSession(clients, "hello");
    await configure(cluster(), shop);
    for (const n of [0, 1]) await cluster().gateway(n).restart("gateway.return.after_arrive=kill");
    await clients.buyer.leaveMessage({ requestId: requestId(), session, answerTime: inSeconds(1) });
    const dead = await eventually("a gateway to die", () => [0, 1].find((n) => !cluster().gateway(n).server.alive), 30_000);
    await cluster().gateway(dead).died();
    await cluster().gateway(dead).restart();
    const agent = await agentAtWork(cluster(), shop, { gateway: dead, presence: Presence.ONLINE });
    const fence = await agent.holds(session);
    await cluster().gateway(1 - dead).restart();
    await agent.closeSession(session, fence, 100n);
    await agent.stream.close();
  });

  test("at gateway.leave_message.after_record does not lose the message, and the same call again completes it", async () => {
    const shop = await shopWith(cluster());
    const buyer = await shop.guest();
    await cluster().gateway(0).restart("gateway.leave_message.after_record=kill");
    const { session } = await openSession(buyer.at(cluster().gateway(0)), "hello");
    const wish = { requestId: requestId(), session, text: "call me", answerTime: inSeconds(20) };
    await assert.rejects(buyer.at(cluster().gateway(0)).buyer.leaveMessage(wish));
    await cluster().gateway(0).died();
    const clients = buyer.at(cluster().gateway(1));
    const { state } = await clients.buyer.leaveMessage(wish);
    assert.ok(state?.parked !== undefined);
    const log = await logOf(clients);
    assert.equal(linesOf(log, SystemLine_Kind.PARKED).length, 1);
    assert.equal(log.filter(({ content }) => content?.kind.case === "text").length, 2);
    await cluster().gateway(0).restart();
  });
});
