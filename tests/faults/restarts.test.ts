// What people notice of restarts and lost connections: nothing but a moment.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { AgentAtWork, Chat, agentAtWork, newShop, openSession } from "../support/chat.js";
import { Cluster } from "../support/cluster.js";
import { agentStream, buyerStream, chainFault, heldSession } from "../support/streams.js";
import { behindProxy } from "../support/test_cluster.js";
import { eventually } from "../support/wait.js";

async function withCluster(gatewayConfig: object, act: (cluster: Cluster) => Promise<void>): Promise<void> {
  const cluster = await Cluster.start({ gatewayConfig: { ...behindProxy, ...gatewayConfig } });
  try {
    await act(cluster);
  } finally {
    await cluster.stop();
  }
}

describe("restarts", () => {
  test("a gateway that is stopped says goodbye, and the other one goes on where it ended", async () => {
    await withCluster({}, async (cluster) => {
      const chat = await Chat.start(cluster);
      const last = await chat.agentSays("before");
      await chat.buyerStream.said("before");
      const { storeEpoch } = await chat.buyerClients.buyer.getState({});
      const stopping = cluster.gateway(0).stop();
      const goodbye = await chat.buyerStream.next("goodbye");
      assert.ok(goodbye.reconnectAfterMs <= 30_000);

      const resume = { storeEpoch, conversation: chat.conversation, seq: last.seq };
      const again = buyerStream(chat.buyer.at(cluster.gateway(1)), { resume });
      const after = await chat.agentSays("after");
      await again.said("after");
      assert.deepEqual(again.entries().map((entry) => entry.seq), [after.seq]);
      await chat.buyerStream.end();
      await stopping;
      await again.close();
      await chat.end();
    });
  });

  test("while inquiries restarts, streams stay open and miss nothing", async () => {
    await withCluster({}, async (cluster) => {
      const chat = await Chat.start(cluster);
      await chat.agentSays("before");
      await cluster.inquiries[0]!.restart();
      await eventually("messages to be taken again", () => chat.agentSays("after").then(() => true, () => false));
      await chat.buyerStream.said("after");
      await chat.agent.stream.said("after");
      assert.equal(chainFault(chat.buyerStream.entries()), undefined);
      assert.equal(chainFault(chat.agent.stream.entries()), undefined);
      await chat.end();
    });
  });

  test("while Redis restarts, gateways and inquiries stay up and go on", async () => {
    await withCluster({}, async (cluster) => {
      const chat = await Chat.start(cluster);
      await cluster.redis.kill();
      await cluster.redis.start();
      await eventually("messages to be taken again", () => chat.buyerSays("after").then(() => true, () => false));
      await chat.agent.stream.said("after");
      assert.equal(chainFault(chat.agent.stream.entries()), undefined);
      await chat.end();
    });
  });

  test("an agent who comes back within the lease keeps his sessions, on the other gateway, too", async () => {
    await withCluster({}, async (cluster) => {
      const chat = await Chat.start(cluster);
      await cluster.gateway(1).kill();
      const again = agentStream(chat.agent.staff.at(cluster.gateway(0)));
      const held = await heldSession(again, chat.session);
      assert.equal(held.fence, chat.fence);
      await cluster.gateway(1).start();
      await again.close();
      await chat.end();
    });
  });

  test("an agent who does not come back loses his sessions to a colleague after the grace", async () => {
    await withCluster({ lease_ms: 1000, orphan_grace_ms: 1000 }, async (cluster) => {
      const chat = await Chat.start(cluster);
      const colleague = await agentAtWork(cluster, chat.shop, { gateway: 0 });
      await chat.agent.stream.close();
      const fence = await colleague.holds(chat.session);
      assert.ok(fence > chat.fence);
      await colleague.say(chat.session, fence, "I go on");
      await chat.buyerStream.said("I go on");
      const late = await chat.agentSays("I am back").then(() => "accepted", () => "refused");
      assert.equal(late, "refused");
      await colleague.stream.close();
      await chat.end();
    });
  });

  test("an agent who stays keeps his sessions far beyond one lease", async () => {
    await withCluster({ lease_ms: 1000, orphan_grace_ms: 1000 }, async (cluster) => {
      const chat = await Chat.start(cluster);
      const colleague = await agentAtWork(cluster, chat.shop, { gateway: 0 });
      const end = Date.now() + 3500;
      await eventually("three leases to pass", () => Date.now() > end);
      const { agent, fence } = await chat.agent.clients.agent.getSession({ session: chat.session });
      assert.deepEqual([agent, fence], [chat.agent.id, chat.fence]);
      await colleague.stream.close();
      await chat.end();
    });
  });

  test("a waiting session outlives the gateway that took it", async () => {
    await withCluster({}, async (cluster) => {
      const shop = await newShop(cluster);
      const buyer = await shop.guest();
      const { session } = await openSession(buyer.at(cluster.gateway(0)), "hello");
      const staff = await shop.staff();
      await cluster.gateway(0).kill();
      const agent = await AgentAtWork.connect(staff, staff.at(cluster.gateway(1)));
      await agent.holds(session);
      await cluster.gateway(0).start();
      await agent.stream.close();
    });
  });
});
