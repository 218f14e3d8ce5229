// While a session is served: holds, wrap-up, transfer to a group, a supervisor's whisper, consults. Two gateways.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Code } from "@connectrpc/connect";

import { SystemLine_Kind } from "../gen/kefu/common/v1/entry_pb.js";
import { Presence, Session_State } from "../gen/kefu/gateway/v1/session_pb.js";
import { Role } from "../gen/kefu/options_pb.js";
import { AgentAtWork, Chat, agentAtWork, newShop, openSession } from "../support/chat.js";
import { refused } from "../support/clients.js";
import { type Shop, requestId } from "../support/people.js";
import { deskConfig, setRouting } from "../support/routing.js";
import { type AgentStream, agentStream, bodyOf, heldSession } from "../support/streams.js";
import { testCluster } from "../support/test_cluster.js";

const chatIn = async (cluster: Parameters<typeof Chat.start>[0], config?: ReturnType<typeof deskConfig>) => {
  const shop = await newShop(cluster);
  const boss = (await shop.staff({ role: Role.ADMIN })).at(cluster.gateway(0));
  if (config !== undefined) await setRouting(boss, config);
  return { boss, chat: await Chat.start(cluster, { shop }) };
};
const usedBy = async (agent: AgentAtWork) => {
  const { agents } = await agent.clients.agent.listAgentStates({});
  return agents.find((state) => state.agent === agent.id)!.used;
};

describe("holds", () => {
  const cluster = testCluster({ gateways: 2 });

  const hold = async (chat: Chat) => {
    const { session, fence } = chat;
    const request = { requestId: requestId(), session, fence };
    const { session: held } = await chat.agent.clients.agent.holdSession(request);
    assert.equal(held?.held, true);
    // Repeated: no change, and no second line.
    assert.equal((await chat.agent.clients.agent.holdSession(request)).session?.version, held!.version);
    await heldSession(chat.agent.stream, session, (s) => s.held);
    return held!;
  };

  test("a session on hold leaves room for another and goes on when its buyer writes", async () => {
    const { chat } = await chatIn(cluster(), deskConfig());
    assert.equal(await usedBy(chat.agent), 20);
    const held = await hold(chat);
    assert.equal(await usedBy(chat.agent), 0);
    await chat.buyerSays("I am back");
    const goesOn = await heldSession(chat.agent.stream, chat.session, (s) => !s.held && s.version > held.version);
    assert.equal(goesOn.state, Session_State.ACTIVE);
    assert.equal(goesOn.fence, chat.fence);
    assert.equal(await usedBy(chat.agent), 20);
    const lines = (await chat.agentLog()).filter(
      (entry) => entry.content?.kind.case === "system" && entry.content.kind.value.kind === SystemLine_Kind.HELD,
    );
    assert.equal(lines.length, 1);
    assert.ok(!(await chat.buyerLog()).some((entry) => entry.seq === lines[0]!.seq));
    await chat.end();
  });

  test("its owner goes on by hand", async () => {
    const { chat } = await chatIn(cluster());
    await hold(chat);
    const request = { requestId: requestId(), session: chat.session };
    assert.equal((await chat.agent.clients.agent.resumeSession(request)).session?.held, false);
    assert.equal((await chat.agent.clients.agent.resumeSession(request)).session?.held, false);
    await chat.end();
  });

  test("what the buyer said while the owner's page was away ends the hold when it is back", async () => {
    const { chat } = await chatIn(cluster());
    await hold(chat);
    await chat.agent.stream.close();
    await chat.buyerSays("anybody there?");
    const { session } = await chat.buyerClients.buyer.openSession({
      requestId: requestId(), content: { kind: { case: "text", value: { body: "hello?" } } },
    });
    assert.equal(session, chat.session);
    // At the other gateway, and without anything to resume.
    const back = await AgentAtWork.connect(chat.agent.staff, chat.agent.staff.at(cluster().gateway(0)));
    await heldSession(back.stream, chat.session, (s) => !s.held);
    await back.stream.close();
    await chat.buyerStream.close();
  });

  test("a hold is not ended by what the buyer had said before", async () => {
    const { chat } = await chatIn(cluster());
    await chat.buyerSays("one moment, please");
    await chat.agent.stream.said("one moment, please");
    await hold(chat);
    await chat.agent.stream.close();
    const back = await AgentAtWork.connect(chat.agent.staff, chat.agent.staff.at(cluster().gateway(0)));
    await back.stream.said("one moment, please");
    // Whatever the stream looks at, it looks at before it shows what comes after.
    await back.clients.agent.setTyping({ conversation: chat.conversation, typing: true });
    const shown = await back.note(chat.session, chat.fence, "still waiting");
    await back.stream.entry((entry) => entry.seq === shown.seq);
    assert.equal((await back.clients.agent.getSession({ session: chat.session })).held, true);
    await back.stream.close();
    await chat.buyerStream.close();
  });
});

describe("wrap-up", () => {
  const cluster = testCluster({ gateways: 2 });
  const closed = async (chat: Chat) => {
    const { session, fence } = chat;
    const head = (await chat.agentLog()).at(-1)!.seq;
    await chat.agent.closeSession(session, fence, head);
    return await heldSession(chat.agent.stream, session, (s) => s.state === Session_State.WRAP);
  };

  test("a closed session stays for its notes until they are written", async () => {
    const { chat } = await chatIn(cluster(), deskConfig({}, { timeouts: { wrapUp: "600s" } }));
    const wrap = await closed(chat);
    assert.ok(wrap.until !== undefined);
    assert.equal((await refused(chat.agentSays("one more thing"))).reason, "SESSION_CLOSED");
    const noted = await chat.agent.note(chat.session, chat.fence, "wanted a refund");
    assert.equal(bodyOf(noted), "wanted a refund");
    const request = { requestId: requestId(), session: chat.session };
    await chat.agent.clients.agent.finishWrapUp(request);
    await chat.agent.lost(chat.session);
    await chat.agent.clients.agent.finishWrapUp(request);
    assert.equal((await refused(chat.agent.note(chat.session, chat.fence, "too late"))).reason, "SESSION_CLOSED");
    assert.ok(!(await chat.buyerLog()).some((entry) => bodyOf(entry) === "wanted a refund"));
    await chat.end();
  });

  test("until then its agent hears what belongs to it, and the buyer's next session only once it is given to them", async () => {
    const { chat } = await chatIn(cluster(), deskConfig({}, { timeouts: { wrapUp: "600s" } }));
    await closed(chat);
    const rating = { stars: 5, comment: "quick" };
    await chat.buyerClients.buyer.rateSession({ requestId: requestId(), session: chat.session, rating });
    const rated = (stream: AgentStream) => stream.entry((entry) => entry.content?.kind.case === "rating");
    await rated(chat.agent.stream);
    const later = agentStream(chat.agent.clients);
    assert.equal((await later.said("hello")).session, chat.session);
    await rated(later);
    await chat.agent.be(Presence.BREAK);
    const next = await openSession(chat.buyerClients, "once more");
    // Known to the stream by now, and not told: what comes after it is.
    await later.next("queue", ({ waiting }) => waiting === 1);
    for (const stream of [chat.agent.stream, later]) assert.ok(!stream.entries().some((entry) => bodyOf(entry) === "once more"));
    await chat.agent.be(Presence.ONLINE);
    await chat.agent.holds(next.session);
    for (const stream of [chat.agent.stream, later]) assert.equal((await stream.said("once more")).session, next.session);
    await later.close();
    await chat.end();
  });

  test("it ends by itself when its time is over", async () => {
    const { chat } = await chatIn(cluster(), deskConfig({}, { timeouts: { wrapUp: "1s" } }));
    await closed(chat);
    await chat.agent.lost(chat.session);
    await chat.end();
  });
});

describe("transfer to a group", () => {
  const cluster = testCluster({ gateways: 2 });

  test("goes to who serves it, at its original age", async () => {
    const shop = await newShop(cluster());
    const admin = (await shop.staff({ role: Role.ADMIN })).at(cluster().gateway(0));
    const chat = await Chat.start(cluster(), { shop });
    const bob = await agentAtWork(cluster(), shop, { gateway: 0, presence: Presence.BREAK });
    const config = deskConfig();
    config.groups.push({ group: "experts", displayName: "Experts", members: [bob.id] });
    await setRouting(admin, config);
    await bob.be(Presence.ONLINE);
    const before = await chat.agent.clients.agent.getSession({ session: chat.session });
    const request = {
      requestId: requestId(), session: chat.session, fence: chat.fence, toGroup: "experts", note: "knows better",
    };
    await chat.agent.clients.agent.transferSession(request);
    const fence = await bob.holds(chat.session, chat.fence);
    const after = await bob.clients.agent.getSession({ session: chat.session });
    assert.equal(after.group, "experts");
    assert.deepEqual(after.enqueueTime, before.enqueueTime);
    await bob.stream.said("knows better");
    await bob.say(chat.session, fence, "expert here");

    const chief = (await shop.staff({ role: Role.SUPERVISOR })).at(cluster().gateway(1));
    await bob.be(Presence.BUSY);
    const back = { requestId: requestId(), session: chat.session, group: "desk" };
    await chief.agent.requeueSession(back);
    await bob.lost(chat.session);
    await chat.agent.holds(chat.session, fence);
    await bob.stream.close();
    await chat.end();
  });
});

describe("a supervisor's whisper", () => {
  const cluster = testCluster({ gateways: 2 });

  test("is seen by the owner and never by the buyer", async () => {
    const { chat } = await chatIn(cluster());
    const chief = (await chat.shop.staff({ role: Role.SUPERVISOR })).at(cluster().gateway(0));
    const request = { requestId: requestId(), session: chat.session, text: "offer a coupon" };
    const { entry } = await chief.agent.whisper(request);
    const seen = await chat.agent.stream.said("offer a coupon");
    assert.equal(seen.content?.kind.case === "note" && seen.content.kind.value.whisper, true);
    assert.equal((await chief.agent.whisper(request)).entry?.seq, entry?.seq);
    await chat.agentSays("here is a coupon");
    await chat.buyerStream.said("here is a coupon");
    assert.ok(!chat.buyerStream.entries().some((e) => e.seq === entry!.seq));
    assert.ok(!(await chat.buyerLog()).some((e) => e.seq === entry!.seq || bodyOf(e) === "offer a coupon"));
    await chat.agent.closeSession(chat.session, chat.fence, (await chat.agentLog()).at(-1)!.seq);
    const late = await refused(chief.agent.whisper({ ...request, requestId: requestId() }));
    assert.equal(late.reason, "SESSION_WITHOUT_OWNER");
    await chat.end();
  });
});

describe("consults", () => {
  const cluster = testCluster({ gateways: 2 });
  let shop: Shop;
  let bob: AgentAtWork;
  const begin = async () => {
    shop = await newShop(cluster());
    const chat = await Chat.start(cluster(), { shop });
    bob = await agentAtWork(cluster(), shop, { gateway: 0, presence: Presence.BREAK });
    const request = {
      requestId: requestId(), session: chat.session, fence: chat.fence, agent: bob.id, question: "may I refund this?",
    };
    const { consult } = await chat.agent.clients.agent.startConsult(request);
    const seen = await bob.stream.next("consult", (c) => c.consult === consult!.consult);
    assert.deepEqual([seen.asker, seen.agent, seen.ended], [chat.agent.id, bob.id, false]);
    return { chat, request, consult: consult!, session: chat.session };
  };
  const end = async (chat: Chat) => {
    await bob.stream.close();
    await chat.end();
  };
  const ended = (agent: AgentAtWork, consult: string) =>
    agent.stream.next("consult", (c) => c.consult === consult && c.ended);

  test("the colleague hears the conversation, answers inside it, and the session stays with its owner", async () => {
    const { chat, request, consult, session } = await begin();
    const question = await bob.stream.said("may I refund this?");
    assert.equal(question.content?.kind.case === "note" && question.content.kind.value.consult, consult.consult);
    await bob.stream.said("hello");
    // Repeated: the same one, and the question stands there once.
    assert.equal((await chat.agent.clients.agent.startConsult(request)).consult?.consult, consult.consult);
    const twice = await refused(chat.agent.clients.agent.startConsult({ ...request, requestId: requestId() }));
    assert.equal(twice.reason, "CONSULT_GOING_ON");
    assert.equal((await chat.agentLog()).filter((e) => bodyOf(e) === "may I refund this?").length, 1);

    const note = { requestId: requestId(), session, consult: consult.consult, text: "yes, up to 100" };
    const { entry } = await bob.clients.agent.writeConsult(note);
    assert.equal((await bob.clients.agent.writeConsult(note)).entry?.seq, entry?.seq);
    await chat.agent.stream.said("yes, up to 100");
    await chat.buyerSays("and?");
    await bob.stream.said("and?");
    const { entries } = await bob.clients.agent.listMessages({ conversation: chat.conversation, pageSize: 100 });
    assert.ok(entries.some((e) => bodyOf(e) === "and?"));
    assert.equal((await bob.clients.agent.getSession({ session })).agent, chat.agent.id);
    // Reading along is all: the words to the buyer, and what the buyer is told was read, are the owner's.
    assert.equal((await refused(bob.say(session, chat.fence, "hi"))).reason, "STALE_FENCE");
    const marks = bob.clients.agent.moveMarks({ conversation: chat.conversation, readSeq: 1n });
    assert.equal((await refused(marks)).code, Code.NotFound);
    assert.ok(!(await chat.buyerLog()).some((e) => ["may I refund this?", "yes, up to 100"].includes(bodyOf(e) ?? "")));

    const stop = { requestId: requestId(), session, consult: consult.consult };
    assert.equal((await bob.clients.agent.endConsult(stop)).consult?.ended, true);
    await ended(bob, consult.consult);
    await ended(chat.agent, consult.consult);
    assert.equal((await bob.clients.agent.endConsult(stop)).consult?.ended, true);
    const late = await refused(bob.clients.agent.writeConsult({ ...note, requestId: requestId() }));
    assert.equal(late.reason, "NO_SUCH_CONSULT");
    const list = bob.clients.agent.listMessages({ conversation: chat.conversation });
    assert.equal((await refused(list)).code, Code.NotFound);
    await end(chat);
  });

  test("both find it again when they come back", async () => {
    const { chat, consult } = await begin();
    await bob.stream.said("hello");
    await bob.stream.close();
    await chat.agent.stream.close();
    const asked = await AgentAtWork.connect(bob.staff, bob.staff.at(cluster().gateway(1)), Presence.BREAK);
    const asker = await AgentAtWork.connect(chat.agent.staff, chat.agent.staff.at(cluster().gateway(0)));
    for (const agent of [asked, asker]) {
      const { consults } = await agent.stream.next("snapshot");
      assert.deepEqual(consults.map((c) => c.consult), [consult.consult]);
    }
    await asked.stream.said("may I refund this?");
    await chat.buyerSays("still there?");
    await asked.stream.said("still there?");
    await asked.stream.close();
    await asker.stream.close();
    await chat.buyerStream.close();
  });

  test("it ends when the session is closed, and when it changes hands", async () => {
    const one = await begin();
    const head = (await one.chat.agentLog()).at(-1)!.seq;
    await one.chat.agent.closeSession(one.session, one.chat.fence, head);
    await ended(bob, one.consult.consult);
    await end(one.chat);

    const two = await begin();
    const carl = await agentAtWork(cluster(), shop, { gateway: 0 });
    await two.chat.agent.clients.agent.transferSession({
      requestId: requestId(), session: two.session, fence: two.chat.fence, toAgent: carl.id,
    });
    // At once, whoever tells the streams of it.
    const list = bob.clients.agent.listMessages({ conversation: two.chat.conversation });
    assert.equal((await refused(list)).code, Code.NotFound);
    await ended(bob, two.consult.consult);
    await ended(two.chat.agent, two.consult.consult);
    await carl.stream.close();
    await end(two.chat);
  });

  test("only the owner asks", async () => {
    const chat = await Chat.start(cluster());
    const eve = await agentAtWork(cluster(), chat.shop, { gateway: 0, presence: Presence.BREAK });
    const ask = { session: chat.session, fence: chat.fence, agent: chat.agent.id, question: "what is up?" };
    const refusal = await refused(eve.clients.agent.startConsult({ requestId: requestId(), ...ask }));
    assert.equal(refusal.reason, "NOT_OWNER");
    const stale = chat.agent.clients.agent.startConsult({ requestId: requestId(), ...ask, agent: eve.id, fence: 99n });
    assert.equal((await refused(stale)).reason, "STALE_FENCE");
    await eve.stream.close();
    await chat.end();
  });

  test("whoever stands outside hears nothing", async () => {
    const { chat, session } = await begin();
    const eve = await agentAtWork(cluster(), shop, { gateway: 0, presence: Presence.BREAK });
    assert.equal((await refused(eve.clients.agent.getSession({ session }))).reason, "NO_SUCH_SESSION");
    const list = eve.clients.agent.listMessages({ conversation: chat.conversation });
    assert.equal((await refused(list)).code, Code.NotFound);
    assert.equal(eve.stream.all("consult").length, 0);
    await eve.stream.close();
    await end(chat);
  });
});
