// The life of a session over two stores: waiting, assignment, transfer, take-over, close, reopen.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Code, ConnectError } from "@connectrpc/connect";

import { SystemLine_Kind } from "../gen/kefu/common/v1/entry_pb.js";
import { ListSessionsRequest_Scope } from "../gen/kefu/gateway/v1/agent_pb.js";
import { Presence, Session_State } from "../gen/kefu/gateway/v1/session_pb.js";
import { Role } from "../gen/kefu/options_pb.js";
import { Chat, agentAtWork, newShop, openSession } from "../support/chat.js";
import { refused } from "../support/clients.js";
import { requestId } from "../support/people.js";
import { bodyOf, buyerStream, chainFault } from "../support/streams.js";
import { testCluster } from "../support/test_cluster.js";
import { eventually } from "../support/wait.js";

describe("the life of a session", () => {
  const cluster = testCluster();
  const guestOpens = async (shop: Awaited<ReturnType<typeof newShop>>, gateway = 0) => {
    const buyer = await shop.guest();
    const clients = buyer.at(cluster().gateway(gateway));
    return { buyer, clients, ...(await openSession(clients, "hello")) };
  };

  test("it waits while nobody is there, and comes to the agent who goes online", async () => {
    const shop = await newShop(cluster());
    const agent = await agentAtWork(cluster(), shop, { presence: Presence.BREAK });
    const { session } = await guestOpens(shop);
    const { sessions } = await agent.clients.agent.listSessions({ scope: ListSessionsRequest_Scope.WAITING });
    assert.deepEqual(sessions.map((s) => [s.session, s.state]), [[session, Session_State.WAITING]]);
    await agent.be(Presence.ONLINE);
    assert.ok((await agent.holds(session)) >= 1n);
    await agent.stream.close();
  });

  test("a rush to the queue is told to agents in few frames, of which the last is right", async () => {
    const shop = await newShop(cluster());
    const agent = await agentAtWork(cluster(), shop, { presence: Presence.BREAK });
    const rush = 30;
    await Promise.all(Array.from({ length: rush }, (_, i) => guestOpens(shop, i % 2)));
    const last = await agent.stream.next("queue", (queue) => queue.waiting === rush);
    assert.ok(last.oldestEnqueueTime !== undefined);
    const told = agent.stream.all("queue").length;
    assert.ok(told < rush / 2, `${told} frames for ${rush} sessions`);
    await agent.stream.close();
  });

  test("who comes later is told how the queue stands, and since when the longest has waited", async () => {
    const shop = await newShop(cluster());
    const first = await guestOpens(shop);
    await guestOpens(shop);
    const agent = await agentAtWork(cluster(), shop, { presence: Presence.BREAK });
    const queue = await agent.stream.next("queue");
    assert.equal(queue.waiting, 2);
    const { sessions } = await agent.clients.agent.listSessions({ scope: ListSessionsRequest_Scope.WAITING });
    assert.deepEqual(queue.oldestEnqueueTime, sessions.find(({ session }) => session === first.session)!.enqueueTime);
    await agent.be(Presence.ONLINE);
    const empty = await agent.stream.next("queue", ({ waiting }) => waiting === 0);
    assert.equal(empty.oldestEnqueueTime, undefined);
    await agent.stream.close();
  });

  test("an agent on a break gets none", async () => {
    const shop = await newShop(cluster());
    const away = await agentAtWork(cluster(), shop, { presence: Presence.ONLINE });
    await away.be(Presence.BREAK);
    const there = await agentAtWork(cluster(), shop, { gateway: 0 });
    const { session } = await guestOpens(shop);
    await there.holds(session);
    assert.equal((await there.clients.agent.getSession({ session })).agent, there.id);
    await away.stream.close();
    await there.stream.close();
  });

  test("it goes to the agent with the lesser load", async () => {
    const shop = await newShop(cluster());
    const one = await agentAtWork(cluster(), shop, { gateway: 0 });
    const first = await guestOpens(shop);
    await one.holds(first.session);
    const two = await agentAtWork(cluster(), shop, { gateway: 1 });
    const second = await guestOpens(shop, 1);
    await two.holds(second.session);
    await one.stream.close();
    await two.stream.close();
  });

  test("an agent who is full gets the one that waits longest when a slot frees", async () => {
    const shop = await newShop(cluster());
    const agent = await agentAtWork(cluster(), shop, { capacity: 20 });
    const first = await guestOpens(shop);
    const fence = await agent.holds(first.session);
    const second = await guestOpens(shop, 1);
    const third = await guestOpens(shop);
    const state = await agent.clients.agent.getSession({ session: second.session });
    assert.equal(state.state, Session_State.WAITING);

    const joined = await agent.stream.entry((entry) => entry.session === first.session && entry.seq === 2n);
    await agent.closeSession(first.session, fence, joined.seq);
    await agent.holds(second.session);
    await agent.lost(first.session);
    assert.equal((await agent.clients.agent.getSession({ session: third.session })).state, Session_State.WAITING);
    await agent.stream.close();
  });

  test("after a transfer the new agent speaks and the former one is refused", async () => {
    const chat = await Chat.start(cluster());
    const other = await agentAtWork(cluster(), chat.shop, { gateway: 0 });
    const { session, fence } = chat;
    const transferred = await chat.agent.clients.agent.transferSession({
      requestId: requestId(), session, fence, toAgent: other.id,
    });
    assert.equal(transferred.session?.agent, other.id);
    const newFence = await other.holds(session);
    assert.equal(newFence, fence + 1n);
    await chat.agent.lost(session);

    const refusal = await refused(chat.agentSays("am I still here?"));
    assert.equal(refusal.code, Code.Aborted);
    assert.equal(refusal.reason, "STALE_FENCE");
    assert.equal(refusal.metadata.fence, `${newFence}`);
    await other.say(session, newFence, "I take over");
    await chat.buyerStream.said("I take over");
    assert.equal(chainFault(chat.buyerStream.entries()), undefined);
    assert.ok(!(await chat.buyerLog()).some((entry) => bodyOf(entry) === "am I still here?"));
    await other.stream.said("I take over");
    await other.stream.close();
    await chat.end();
  });

  test("a session given back to the queue goes to another agent, with its first waiting time", async () => {
    const chat = await Chat.start(cluster());
    const other = await agentAtWork(cluster(), chat.shop, { gateway: 0 });
    const { session, fence } = chat;
    const before = await chat.agent.clients.agent.getSession({ session });
    await chat.agent.clients.agent.transferSession({ requestId: requestId(), session, fence });
    assert.ok((await other.holds(session)) > fence);
    const after = await other.clients.agent.getSession({ session });
    assert.deepEqual(after.enqueueTime, before.enqueueTime);
    await other.stream.close();
    await chat.end();
  });

  test("while it waits again nobody owns it: its former owner is refused, and the buyer is told", async () => {
    const chat = await Chat.start(cluster());
    const { session, fence } = chat;
    await chat.agent.clients.agent.setPresence({ requestId: requestId(), presence: Presence.BREAK });
    await chat.agent.clients.agent.transferSession({ requestId: requestId(), session, fence });
    await chat.agent.lost(session);
    const refusal = await refused(chat.agentSays("am I still here?"));
    assert.equal(refusal.reason, "STALE_FENCE");
    await chat.buyerStream.next("entry", ({ content }) =>
      content?.kind.case === "system" && content.kind.value.kind === SystemLine_Kind.WAITING_AGAIN);
    assert.equal(chainFault(chat.buyerStream.entries()), undefined);
    await chat.end();
  });

  test("whoever signs out stops hearing what is said", async () => {
    const chat = await Chat.start(cluster());
    await chat.agent.clients.auth.signOut({});
    await eventually("the stream to end", () => chat.agent.stream.ended !== undefined, 15_000);
    assert.equal(ConnectError.from(chat.agent.stream.ended!.error).code, Code.Unauthenticated);
    await chat.end();
  });

  test("a transfer under an old fence is refused", async () => {
    const chat = await Chat.start(cluster());
    const other = await agentAtWork(cluster(), chat.shop);
    const third = await agentAtWork(cluster(), chat.shop);
    const { session, fence } = chat;
    const transfer = (toAgent: string) =>
      chat.agent.clients.agent.transferSession({ requestId: requestId(), session, fence, toAgent });
    await transfer(other.id);
    await other.holds(session);
    const refusal = await refused(transfer(third.id));
    assert.equal(refusal.code, Code.Aborted);
    assert.ok(["STALE_FENCE", "NOT_OWNER"].includes(refusal.reason), refusal.reason);
    await third.stream.close();
    await other.stream.close();
    await chat.end();
  });

  test("a supervisor takes a session over, whoever holds it", async () => {
    const chat = await Chat.start(cluster());
    const supervisor = await agentAtWork(cluster(), chat.shop, { role: Role.SUPERVISOR, gateway: 0, presence: Presence.BUSY });
    const { session } = chat;
    await supervisor.clients.agent.takeOverSession({ requestId: requestId(), session });
    const fence = await supervisor.holds(session);
    assert.ok(fence > chat.fence);
    await chat.agent.lost(session);
    assert.equal((await refused(chat.agentSays("mine"))).reason, "STALE_FENCE");
    await supervisor.say(session, fence, "I am the supervisor");
    await chat.buyerStream.said("I am the supervisor");
    await supervisor.stream.close();
    await chat.end();
  });

  test("an agent is not allowed to take a session over", async () => {
    const chat = await Chat.start(cluster());
    const other = await agentAtWork(cluster(), chat.shop, { gateway: 0 });
    const refusal = await refused(
      other.clients.agent.takeOverSession({ requestId: requestId(), session: chat.session }),
    );
    assert.equal(refusal.code, Code.PermissionDenied);
    assert.equal(refusal.reason, "ROLE_NOT_ALLOWED");
    await other.stream.close();
    await chat.end();
  });

  test("it is not closed over a message that the agent has not seen", async () => {
    const chat = await Chat.start(cluster());
    const seen = (await chat.agentSays("anything else?")).seq;
    const newer = await chat.buyerSays("yes!");
    const refusal = await refused(chat.agent.closeSession(chat.session, chat.fence, seen));
    assert.equal(refusal.code, Code.Aborted);
    assert.equal(refusal.reason, "NEWER_BUYER_ENTRY");
    await chat.agent.closeSession(chat.session, chat.fence, newer.seq);
    await chat.end();
  });

  test("once closed it takes no message, and the buyer's next one opens another session", async () => {
    const chat = await Chat.start(cluster());
    const last = await chat.agentSays("goodbye");
    await chat.agent.closeSession(chat.session, chat.fence, last.seq);
    await chat.buyerStream.entry((entry) => entry.content?.kind.case === "system" && entry.seq > last.seq);
    await chat.agent.lost(chat.session);

    for (const late of [() => chat.buyerSays("one more thing"), () => chat.agentSays("wait")]) {
      const refusal = await refused(late());
      assert.equal(refusal.code, Code.FailedPrecondition);
      assert.equal(refusal.reason, "SESSION_CLOSED");
    }
    const next = await openSession(chat.buyerClients, "one more thing");
    assert.equal(next.opened, true);
    assert.notEqual(next.session, chat.session);
    assert.equal(next.conversation, chat.conversation);
    await chat.agent.holds(next.session);
    await chat.agent.stream.said("one more thing");
    assert.equal(chainFault(chat.buyerStream.entries()), undefined);
    await chat.end();
  });

  test("closing twice with one request id is one close", async () => {
    const chat = await Chat.start(cluster());
    const last = await chat.agentSays("goodbye");
    const request = { requestId: requestId(), session: chat.session, fence: chat.fence, lastSeenSeq: last.seq, reason: "solved" };
    await chat.agent.clients.agent.closeSession(request);
    await chat.agent.staff.at(cluster().gateway(0)).agent.closeSession(request);
    assert.equal((await chat.buyerLog()).length, 4);
    await chat.end();
  });

  test("reopened, it comes back to the agent and goes on", async () => {
    const chat = await Chat.start(cluster());
    const last = await chat.agentSays("goodbye");
    const { session } = chat;
    await chat.agent.closeSession(session, chat.fence, last.seq);
    await chat.agent.lost(session);
    await chat.agent.clients.agent.reopenSession({ requestId: requestId(), session });
    const fence = await chat.agent.holds(session, chat.fence);
    await chat.agent.say(session, fence, "one more thing");
    await chat.buyerStream.said("one more thing");
    await chat.buyerSays("go on");
    await chat.agent.stream.said("go on");
    assert.equal(chainFault(chat.buyerStream.entries()), undefined);
    await chat.end();
  });

  test("a closed session and the next one of the same conversation do not get into each other's way", async () => {
    const chat = await Chat.start(cluster());
    const elsewhere = chat.agent.staff.at(cluster().gateway(0)).agent;
    const last = await chat.agentSays("goodbye");
    await chat.agent.stream.said("goodbye");
    // The gateway of the agent's stream learns of the close and of the next session at once.
    cluster().gateway(1).pause();
    const { session, fence } = chat;
    await elsewhere.closeSession({ requestId: requestId(), session, fence, lastSeenSeq: last.seq, reason: "solved" });
    const next = await openSession(chat.buyerClients, "one more thing");
    cluster().gateway(1).resume();
    const nextFence = await chat.agent.holds(next.session);
    await chat.agent.stream.said("one more thing");
    await chat.agent.say(next.session, nextFence, "yes?");
    await chat.agent.stream.said("yes?");
    await chat.end();
  });

  test("the sessions of an agent who is disabled go to a colleague, and he adds nothing more", async () => {
    const chat = await Chat.start(cluster());
    const colleague = await agentAtWork(cluster(), chat.shop, { gateway: 0 });
    const admin = (await chat.shop.staff({ role: Role.ADMIN })).at(cluster().gateway(0)).admin;
    const listed = (await admin.listAgents({})).agents.find(({ agent }) => agent === chat.agent.id)!;
    await admin.updateAgent({ requestId: requestId(), agent: { ...listed, disabled: true } });
    const fence = await colleague.holds(chat.session);
    assert.ok(fence > chat.fence);
    await refused(chat.agentSays("one last word"));
    await colleague.say(chat.session, fence, "I go on");
    await chat.buyerStream.said("I go on");
    assert.equal(chainFault(chat.buyerStream.entries()), undefined);
    await colleague.stream.close();
    await chat.end();
  });

  test("a take-over stands in the shop's audit log, which is one unbroken chain", async () => {
    const chat = await Chat.start(cluster());
    const supervisor = await agentAtWork(cluster(), chat.shop, { role: Role.SUPERVISOR, gateway: 0 });
    await supervisor.clients.agent.takeOverSession({ requestId: requestId(), session: chat.session });
    const admin = (await chat.shop.staff({ role: Role.ADMIN })).at(cluster().gateway(1)).admin;
    const { entries } = await admin.listAuditEntries({ pageSize: 100 });
    const last = entries.find(({ method }) => method.endsWith("AgentService/TakeOverSession"));
    assert.deepEqual([last?.subject, last?.role], [supervisor.id, Role.SUPERVISOR]);
    assert.match(last!.request, new RegExp(chat.session));
    entries.forEach((entry, index) => {
      assert.equal(entry.seq, BigInt(index + 1));
      assert.match(entry.hash, /^[0-9a-f]{64}$/);
      if (index > 0) assert.equal(entry.previousHash, entries[index - 1]!.hash);
    });
    await supervisor.stream.close();
    await chat.end();
  });

  test("the load of an agent is what it holds, and falls back when sessions end", async () => {
    const chat = await Chat.start(cluster());
    const used = async () => {
      const { agents } = await chat.agent.clients.agent.listAgentStates({});
      return agents.find((agent) => agent.agent === chat.agent.id)?.used;
    };
    assert.equal(await used(), 20);
    const second = await guestOpens(chat.shop);
    await chat.agent.holds(second.session);
    assert.equal(await used(), 40);
    const last = await chat.agentSays("goodbye");
    await chat.agent.closeSession(chat.session, chat.fence, last.seq);
    await eventually("the slot to be free", async () => (await used()) === 20);
    await chat.end();
  });

  test("the buyer's stream says whether it waits and who answers", async () => {
    const shop = await newShop(cluster());
    const buyer = await shop.guest();
    const clients = buyer.at(cluster().gateway(0));
    const stream = buyerStream(clients);
    await stream.next("hello");
    const { session } = await openSession(clients, "hello");
    const agent = await agentAtWork(cluster(), shop, { displayName: "Mei" });
    await agent.holds(session);
    const served = await stream.next("session", (state) => state.state === Session_State.ACTIVE);
    assert.equal(served.session, session);
    assert.equal(served.agentDisplayName, "Mei");
    await stream.close();
    await agent.stream.close();
  });
});
