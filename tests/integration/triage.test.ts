// What a session is about and how urgent it is, and that routing goes by it.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Category, Priority } from "../gen/kefu/common/v1/entry_pb.js";
import { Presence, Triage_Source } from "../gen/kefu/gateway/v1/session_pb.js";
import { Role } from "../gen/kefu/options_pb.js";
import { agentAtWork, newShop } from "../support/chat.js";
import { clientsTo, refused } from "../support/clients.js";
import { type Buyer, type Shop, requestId, text } from "../support/people.js";
import { configOf, shopConfig } from "../support/routing.js";
import { heldSession } from "../support/streams.js";
import { testCluster } from "../support/test_cluster.js";
import { eventually } from "../support/wait.js";

describe("triage", () => {
  const cluster = testCluster({ gateways: 2 });

  async function open(buyer: Buyer, opening: object): Promise<string> {
    const { session } = await buyer.at(cluster().gateway(0)).buyer.openSession({ requestId: requestId(), opening, content: text("hello") });
    return session;
  }

  async function configured(): Promise<Shop> {
    const shop = await newShop(cluster());
    const boss = (await shop.staff({ role: Role.ADMIN })).at(cluster().gateway(0));
    const rules = [
      { categories: ["CATEGORY_ORDER", "CATEGORY_LOGISTICS"], group: "orders" },
      { categories: ["CATEGORY_COMPLAINT"], group: "complaints" },
    ];
    const groups = [{ group: "orders" }, { group: "complaints" }, { group: "sales" }];
    await boss.routing.setRoutingConfig({ requestId: requestId(), config: configOf({ ...shopConfig(), groups, rules }) });
    await eventually("it is in force", async () => (await boss.routing.getRoutingConfig({})).inForce || undefined);
    return shop;
  }

  test("goes by the buyer's choice, else by the page, and the agent sees by which", async () => {
    const shop = await configured();
    const agent = await agentAtWork(cluster(), shop, { gateway: 1 });
    const cases = [
      { opening: {}, group: "sales", category: Category.UNSPECIFIED, source: Triage_Source.UNSPECIFIED },
      { opening: { page: { product: "CUP-01" } }, group: "sales", category: Category.PRE_SALE, source: Triage_Source.PAGE },
      { opening: { page: { orderNumber: "1001" } }, group: "orders", category: Category.ORDER, source: Triage_Source.PAGE },
      { opening: { page: { orderNumber: "1001", trackingNumber: "SF1" } }, group: "orders", category: Category.LOGISTICS, source: Triage_Source.PAGE },
      { opening: { category: Category.COMPLAINT, page: { orderNumber: "1001" } }, group: "complaints", category: Category.COMPLAINT, source: Triage_Source.BUYER },
    ];
    for (const { opening, group, category, source } of cases) {
      const session = await open(await shop.guest(), opening);
      const held = await heldSession(agent.stream, session, (seen) => seen.agent === agent.id);
      assert.deepEqual([held.group, held.triage!.category, held.triage!.source], [group, category, source]);
    }
    await agent.stream.close();
  });

  test("lets whom the shop signs as a VIP go before those who came a little earlier, whatever clients say of themselves", async () => {
    const shop = await newShop(cluster());
    const agent = await agentAtWork(cluster(), shop, { gateway: 1, capacity: 20, presence: Presence.BREAK });
    const first = await open(await shop.guest(), { priority: Priority.URGENT });
    const vip = await open(await shop.identified("customer-7", "Wang", "", Priority.VIP), {});
    await agent.be(Presence.ONLINE);
    const held = await heldSession(agent.stream, vip, (seen) => seen.agent === agent.id);
    assert.equal(held.opening!.priority, Priority.VIP);
    const waiting = (await agent.clients.agent.listSessions({ scope: 1 })).sessions.map(({ session }) => session);
    assert.deepEqual(waiting, [first]);
    await agent.stream.close();
  });

  test("a priority that the shop did not sign is refused", async () => {
    const shop = await newShop(cluster());
    const { auth } = clientsTo(cluster().gateway(0).url);
    const claim = shop.identity("customer-8");
    assert.equal((await refused(auth.identifyBuyer({ ...claim, priority: Priority.VIP }))).reason, "BAD_SIGNATURE");
    const urgent = shop.identity("customer-8", "", undefined, Priority.URGENT);
    assert.deepEqual((await refused(auth.identifyBuyer(urgent))).fields, ["priority"]);
  });
});
