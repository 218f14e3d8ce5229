// What buyers think of a session that has ended.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Code } from "@connectrpc/connect";

import { Chat, newShop, openSession } from "../support/chat.js";
import { refused } from "../support/clients.js";
import { requestId } from "../support/people.js";
import { testCluster } from "../support/test_cluster.js";

describe("a rating", () => {
  const cluster = testCluster();

  const ended = async () => {
    const chat = await Chat.start(cluster());
    await chat.agent.closeSession(chat.session, chat.fence, 100n);
    const rate = (stars: number, comment = "", id = requestId(), session = chat.session) =>
      chat.buyerClients.buyer.rateSession({ requestId: id, session, rating: { stars, comment } });
    const given = async () =>
      (await chat.agentLog()).flatMap(({ content }) =>
        content?.kind.case === "rating" ? [[content.kind.value.stars, content.kind.value.comment]] : [],
      );
    return { chat, rate, given };
  };

  test("stands in the conversation for everybody, once for each request id, and can be given anew", async () => {
    const { chat, rate, given } = await ended();
    const id = requestId();
    const { entry } = await rate(3, "went fine", id);
    assert.equal((await rate(3, "went fine", id)).entry!.seq, entry!.seq);
    assert.equal((await chat.buyerStream.entry((e) => e.content?.kind.case === "rating")).seq, entry!.seq);
    await rate(5);
    assert.deepEqual(await given(), [[3, "went fine"], [5, ""]]);
    assert.equal((await refused(rate(4, "", id))).reason, "REQUEST_ID_REUSED");
    await chat.end();
  });

  test("is for the last session, when it has ended", async () => {
    const chat = await Chat.start(cluster());
    const rating = { stars: 4 };
    const early = await refused(chat.buyerClients.buyer.rateSession({ requestId: requestId(), session: chat.session, rating }));
    assert.deepEqual([early.code, early.reason], [Code.FailedPrecondition, "SESSION_OPEN"]);
    await chat.agent.closeSession(chat.session, chat.fence, 100n);
    await openSession(chat.buyerClients, "one more thing");
    const late = await refused(chat.buyerClients.buyer.rateSession({ requestId: requestId(), session: chat.session, rating }));
    assert.deepEqual([late.code, late.reason], [Code.FailedPrecondition, "SESSION_CLOSED"]);
    await chat.end();
  });

  test("that says nothing, too much, or is for somebody else's session is refused", async () => {
    const { chat, rate, given } = await ended();
    const field = async (call: Promise<unknown>) => (await refused(call)).fields[0];
    assert.equal(await field(rate(0)), "content.rating.stars");
    assert.equal(await field(rate(6)), "content.rating.stars");
    assert.equal(await field(rate(5, "a".repeat(2049))), "content.rating.comment");
    const stranger = (await chat.shop.guest()).at(cluster().gateway(0));
    const foreign = stranger.buyer.rateSession({ requestId: requestId(), session: chat.session, rating: { stars: 1 } });
    assert.equal((await refused(foreign)).code, Code.NotFound);
    const content = { kind: { case: "rating" as const, value: { stars: 5 } } };
    const asMessage = chat.buyerClients.buyer.sendMessage({ requestId: requestId(), session: chat.session, content });
    assert.equal(await field(asMessage), "content.rating");
    const asAgent = chat.agent.clients.agent.sendMessage({ requestId: requestId(), session: chat.session, fence: chat.fence, content });
    assert.equal(await field(asAgent), "content.rating");
    assert.deepEqual(await given(), []);
    await chat.end();
  });

  test("of a session that never was is refused", async () => {
    const shop = await newShop(cluster());
    const buyer = await shop.guest();
    const session = buyer.conversation.replace("c_", "s_") + "_1";
    const call = buyer.at(cluster().gateway(0)).buyer.rateSession({ requestId: requestId(), session, rating: { stars: 5 } });
    assert.equal((await refused(call)).reason, "NO_SUCH_CONVERSATION");
  });
});
