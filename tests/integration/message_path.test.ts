// A message's whole way, buyer and agent on different gateways.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Code } from "@connectrpc/connect";

import { Sender_Kind, SystemLine_Kind } from "../gen/kefu/common/v1/entry_pb.js";
import { Role } from "../gen/kefu/options_pb.js";
import { Chat, newShop, openSession } from "../support/chat.js";
import { refused } from "../support/clients.js";
import { Person, requestId, text } from "../support/people.js";
import { agentStream, bodyOf, buyerStream, chainFault } from "../support/streams.js";
import { testCluster } from "../support/test_cluster.js";

const seqs = (entries: { seq: bigint }[]) => entries.map((entry) => Number(entry.seq));

describe("the message path", () => {
  const cluster = testCluster();

  test("a guest's message reaches an agent on the other gateway, the answer comes back, and all views equal the log", async () => {
    const chat = await Chat.start(cluster());
    await chat.agentSays("how can I help?");
    await chat.buyerSays("where is my parcel?");
    await chat.buyerStream.said("where is my parcel?");
    await chat.agent.stream.said("where is my parcel?");

    const log = await chat.buyerLog();
    assert.deepEqual(log.map(bodyOf), ["hello", undefined, "how can I help?", "where is my parcel?"]);
    assert.deepEqual(seqs(log), [1, 2, 3, 4]);
    assert.equal(log[1]!.content?.kind.case, "system");
    assert.equal(log[2]!.sender?.kind, Sender_Kind.AGENT);
    assert.equal(log[2]!.sender?.id, chat.agent.id);
    assert.equal(log[3]!.sender?.id, chat.buyer.buyer);
    assert.deepEqual(chat.buyerStream.entries(), log);
    assert.deepEqual(chat.agent.stream.entries(), await chat.agentLog());
    assert.equal(chainFault(chat.buyerStream.entries()), undefined);
    await chat.end();
  });

  test("the buyer is told who joined", async () => {
    const chat = await Chat.start(cluster(), { displayName: "Mei" });
    const joined = await chat.buyerStream.entry(
      (entry) => entry.content?.kind.case === "system" && entry.content.kind.value.kind === SystemLine_Kind.AGENT_JOINED,
    );
    const line = joined.content!.kind;
    assert.ok(line.case === "system");
    assert.equal(line.value.parameters.display_name, "Mei");
    assert.equal(line.value.parameters.agent, chat.agent.id);
    await chat.end();
  });

  test("a note is seen by staff only, and the buyer's chain of entries shows no gap", async () => {
    const chat = await Chat.start(cluster());
    const before = await chat.agentSays("one");
    const hidden = await chat.agent.note(chat.session, chat.fence, "he is angry");
    const after = await chat.agentSays("two");
    assert.equal(hidden.seq, before.seq + 1n);
    assert.equal(after.seq, hidden.seq + 1n);

    await chat.agent.stream.said("he is angry");
    const two = await chat.buyerStream.said("two");
    assert.equal(two.prevSeq, before.seq);
    assert.equal(chainFault(chat.buyerStream.entries()), undefined);
    assert.ok(!chat.buyerStream.entries().some((entry) => entry.seq === hidden.seq));
    assert.ok(!(await chat.buyerLog()).some((entry) => entry.seq === hidden.seq));
    assert.ok((await chat.agentLog()).some((entry) => entry.seq === hidden.seq));

    const late = buyerStream(chat.buyer.at(cluster().gateway(1)));
    await late.said("two");
    assert.equal(chainFault(late.entries()), undefined);
    await late.close();
    await chat.end();
  });

  test("every device of a buyer shows the same, whenever and wherever it connects", async () => {
    const chat = await Chat.start(cluster());
    const tablet = buyerStream(chat.buyer.at(cluster().gateway(1), { transport: "web", encoding: "json" }));
    await tablet.said("hello");
    await chat.agentSays("seen on both?");
    await chat.buyerSays("yes");
    const phone = buyerStream(chat.buyer.at(cluster().gateway(0)));
    for (const device of [chat.buyerStream, tablet, phone]) await device.said("yes");
    const log = await chat.buyerLog();
    for (const device of [chat.buyerStream, tablet, phone]) {
      assert.deepEqual(device.entries(), log);
      await device.close();
    }
    await chat.end();
  });

  test("a resume token goes on after its entry, on any gateway, without gap or repetition", async () => {
    const chat = await Chat.start(cluster());
    const one = await chat.agentSays("one");
    await chat.buyerStream.said("one");
    await chat.buyerStream.close();
    const missed = await chat.agentSays("two");

    const { storeEpoch } = await chat.buyerClients.buyer.getState({});
    const resume = { storeEpoch, conversation: chat.conversation, seq: one.seq };
    const again = buyerStream(chat.buyer.at(cluster().gateway(1)), { resume });
    const live = await chat.agentSays("three");
    await again.said("three");
    assert.deepEqual(seqs(again.entries()), seqs([missed, live]));
    assert.equal(chainFault(again.entries(), one.seq), undefined);
    await again.close();
    await chat.end();
  });

  test("an agent who reconnects gets the sessions it holds and what it missed", async () => {
    const chat = await Chat.start(cluster());
    const last = await chat.agentSays("one moment");
    await chat.agent.stream.close();
    const missed = await chat.buyerSays("still there?");

    const { storeEpoch } = await chat.buyerClients.buyer.getState({});
    const resume = [{ storeEpoch, conversation: chat.conversation, seq: last.seq }];
    const again = agentStream(chat.agent.staff.at(cluster().gateway(0)), { resume });
    const snapshot = await again.next("snapshot");
    assert.deepEqual(
      snapshot.sessions.map((session) => [session.session, session.agent, session.fence]),
      [[chat.session, chat.agent.id, chat.fence]],
    );
    await again.said("still there?");
    assert.deepEqual(seqs(again.entries()), seqs([missed]));
    await again.close();
    await chat.end();
  });

  test("an agent without a token gets the session from its first entry", async () => {
    const chat = await Chat.start(cluster());
    await chat.agentSays("one moment");
    const console = agentStream(chat.agent.staff.at(cluster().gateway(0)));
    await console.said("one moment");
    assert.deepEqual(console.entries(), await chat.agentLog());
    await console.close();
    await chat.end();
  });

  test("a hundred messages sent at once reach every stream once each and in one order", async () => {
    const chat = await Chat.start(cluster());
    await Promise.all([...Array(100).keys()].map((i) => chat.agentSays(`message ${i}`)));
    const log = await chat.buyerLog();
    assert.equal(log.length, 102);
    const last = log.at(-1)!.seq;
    await chat.buyerStream.entry((entry) => entry.seq === last);
    await chat.agent.stream.entry((entry) => entry.seq === last);
    assert.deepEqual(seqs(chat.buyerStream.entries()), seqs(log));
    assert.deepEqual(seqs(chat.agent.stream.entries()), seqs(log));
    assert.equal(chainFault(chat.buyerStream.entries()), undefined);
    await chat.end();
  });

  test("a message sent again with its request id is stored once and answered alike, on any gateway", async () => {
    const chat = await Chat.start(cluster());
    const id = requestId();
    const first = await chat.agentSays("once", id);
    const again = await chat.agent.staff.at(cluster().gateway(0)).agent.sendMessage({
      requestId: id, session: chat.session, fence: chat.fence, content: text("once"),
    });
    assert.deepEqual(again.entry, first);
    const buyers = await chat.buyerSays("me too", "my-own-id-1");
    assert.deepEqual(await chat.buyerSays("me too", "my-own-id-1"), buyers);
    assert.equal((await chat.buyerLog()).length, 4);
    await chat.end();
  });

  test("a request id that comes with another message is refused", async () => {
    const chat = await Chat.start(cluster());
    const id = requestId();
    await chat.agentSays("one", id);
    const refusal = await refused(chat.agentSays("another", id));
    assert.equal(refusal.code, Code.AlreadyExists);
    assert.equal(refusal.reason, "REQUEST_ID_REUSED");
    await chat.end();
  });

  test("two first messages that race open one session", async () => {
    const shop = await newShop(cluster());
    const buyer = await shop.guest();
    const [one, two] = await Promise.all([
      openSession(buyer.at(cluster().gateway(0)), "one"),
      openSession(buyer.at(cluster().gateway(1)), "two"),
    ]);
    assert.equal(one.session, two.session);
    assert.equal([one, two].filter((answer) => answer.opened).length, 1);
    assert.deepEqual([one, two].map((answer) => Number(answer.entry!.seq)).sort(), [1, 2]);
  });

  test("marks move forward only and are shown to the other side", async () => {
    const chat = await Chat.start(cluster());
    const { conversation } = chat;
    const answer = await chat.agentSays("hello");
    await chat.buyerStream.said("hello", 5000);
    await chat.buyerClients.buyer.moveMarks({ deliveredSeq: answer.seq, readSeq: answer.seq });
    const shown = await chat.agent.stream.next("marks", (marks) => marks.party === Sender_Kind.BUYER);
    assert.deepEqual([shown.conversation, shown.deliveredSeq, shown.readSeq], [conversation, answer.seq, answer.seq]);

    await chat.agent.clients.agent.moveMarks({ conversation, deliveredSeq: 1n, readSeq: 1n });
    const read = await chat.buyerStream.next("marks", (marks) => marks.party === Sender_Kind.AGENT);
    assert.deepEqual([read.deliveredSeq, read.readSeq], [1n, 1n]);

    const { marks } = await chat.buyerClients.buyer.moveMarks({ deliveredSeq: 1n, readSeq: 1n });
    assert.deepEqual([marks?.deliveredSeq, marks?.readSeq], [answer.seq, answer.seq]);
    await chat.end();
  });

  test("typing is shown to the other side and not stored", async () => {
    const chat = await Chat.start(cluster());
    await chat.buyerClients.buyer.setTyping({ typing: true });
    const buyerTypes = await chat.agent.stream.next("typing", (notice) => notice.party === Sender_Kind.BUYER);
    assert.deepEqual([buyerTypes.conversation, buyerTypes.typing], [chat.conversation, true]);
    await chat.agent.clients.agent.setTyping({ conversation: chat.conversation, typing: true });
    await chat.buyerStream.next("typing", (notice) => notice.party === Sender_Kind.AGENT && notice.typing);
    assert.equal((await chat.agentLog()).length, 2);
    await chat.end();
  });

  test("a recalled message keeps its place and loses its words", async () => {
    const chat = await Chat.start(cluster());
    const wrong = await chat.agentSays("the price is 1");
    const content = { kind: { case: "recall" as const, value: { recalledSeq: wrong.seq } } };
    const { session, fence } = chat;
    await chat.agent.clients.agent.sendMessage({ requestId: requestId(), session, fence, content });
    await chat.buyerStream.entry((entry) => entry.content?.kind.case === "recall");

    const recalled = (await chat.buyerLog()).find((entry) => entry.seq === wrong.seq)!;
    assert.equal(recalled.redacted, true);
    assert.equal(bodyOf(recalled), undefined);
    assert.equal((await chat.buyerLog()).length, 4);
    await chat.end();
  });

  test("nobody recalls what somebody else said", async () => {
    const chat = await Chat.start(cluster());
    const answer = await chat.agentSays("mine");
    const content = { kind: { case: "recall" as const, value: { recalledSeq: answer.seq } } };
    const { session } = chat;
    const refusal = await refused(chat.buyerClients.buyer.sendMessage({ requestId: requestId(), session, content }));
    assert.equal(refusal.reason, "NOT_YOUR_ENTRY");
    await chat.end();
  });

  test("cards of orders, products and parcels arrive as they were sent", async () => {
    const chat = await Chat.start(cluster());
    const { session, fence } = chat;
    const cards = [
      { case: "order" as const, value: { orderNumber: "A-17", title: "Tea", total: { currency: "CNY", minorUnits: 1990n }, status: "paid", url: "https://shop.example/o/17" } },
      { case: "product" as const, value: { product: "p-1", title: "Cup", price: { currency: "CNY", minorUnits: 500n }, url: "https://shop.example/p/1" } },
      { case: "parcel" as const, value: { carrier: "SF", trackingNumber: "SF1234567890", status: "on its way" } },
    ];
    for (const kind of cards) {
      const { entry } = await chat.agent.clients.agent.sendMessage({ requestId: requestId(), session, fence, content: { kind } });
      const seen = await chat.buyerStream.entry((e) => e.seq === entry!.seq);
      assert.deepEqual(seen.content, entry!.content);
      assert.equal(seen.content?.kind.case, kind.case);
    }
    await chat.end();
  });

  test("a history longer than a page is read in pages, forward and backward", async () => {
    const chat = await Chat.start(cluster());
    for (let i = 0; i < 10; ++i) await chat.agentSays(`line ${i}`);
    const page = await chat.buyerClients.buyer.listMessages({ pageSize: 5 });
    assert.deepEqual(seqs(page.entries), [1, 2, 3, 4, 5]);
    assert.equal(page.headSeq, 12n);
    const next = await chat.buyerClients.buyer.listMessages({ afterSeq: 5n, pageSize: 5 });
    assert.deepEqual(seqs(next.entries), [6, 7, 8, 9, 10]);
    const last = await chat.buyerClients.buyer.listMessages({ beforeSeq: 13n, pageSize: 3 });
    assert.deepEqual(seqs(last.entries), [10, 11, 12]);
    await chat.end();
  });

  test("a buyer known to the shop has one conversation, however often it signs in", async () => {
    const shop = await newShop(cluster());
    const one = await shop.identified("customer-1", "Li");
    const again = await shop.identified("customer-1", "Li");
    const other = await shop.identified("customer-2", "Li");
    assert.equal(again.conversation, one.conversation);
    assert.notEqual(other.conversation, one.conversation);
  });

  test("a guest's conversation is linked to the one of the account it signs in to, and not merged with it", async () => {
    const shop = await newShop(cluster());
    const guest = await shop.guest();
    await openSession(guest.at(cluster().gateway(0)), "before signing in");
    const known = await shop.identified("customer-9", "Li", guest.token);
    const state = await guest.at(cluster().gateway(1)).buyer.getState({});
    assert.equal(state.continuedIn, known.conversation);
    assert.equal((await known.at(cluster().gateway(0)).buyer.listMessages({})).entries.length, 0);
  });

  test("a notice of the shop's program appears in the buyer's conversation", async () => {
    const shop = await newShop(cluster());
    const admin = (await shop.staff({ role: Role.ADMIN })).at(cluster().gateway(0)).admin;
    const { secret } = await admin.createApiKey({ requestId: requestId(), displayName: "orders" });
    const buyer = await shop.identified("customer-3", "Li");
    const stream = buyerStream(buyer.at(cluster().gateway(0)));
    await stream.next("hello");
    await openSession(buyer.at(cluster().gateway(0)), "hello");

    const { integrator } = new Person(secret).at(cluster().gateway(1));
    const kind = { case: "system" as const, value: { kind: SystemLine_Kind.NOTICE, parameters: { text: "it left" } } };
    const { seq } = await integrator.postNotice({ requestId: requestId(), externalId: "customer-3", content: { kind } });
    const notice = await stream.entry((entry) => entry.seq === seq);
    assert.equal(notice.sender?.kind, Sender_Kind.SYSTEM);
    assert.ok(notice.content?.kind.case === "system");
    assert.equal(notice.content.kind.value.parameters.text, "it left");
    await stream.close();
  });
});
