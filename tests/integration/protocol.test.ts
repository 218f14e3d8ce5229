// The Connect protocol as its own clients speak it: both transports, both encodings, unary and streaming.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { Code, ConnectError } from "@connectrpc/connect";

import { Role } from "../gen/kefu/options_pb.js";
import { Chat } from "../support/chat.js";
import { type ClientOptions, clientsTo, refused } from "../support/clients.js";
import { jsonCall } from "../support/json_call.js";
import { requestId, text } from "../support/people.js";
import { assertRefused } from "../support/refusal_table.js";
import { buyerStream } from "../support/streams.js";
import { testCluster } from "../support/test_cluster.js";

const ways: Required<Pick<ClientOptions, "transport" | "encoding">>[] = [
  { transport: "node", encoding: "binary" },
  { transport: "node", encoding: "json" },
  { transport: "web", encoding: "binary" },
  { transport: "web", encoding: "json" },
];

describe("the Connect protocol", () => {
  const cluster = testCluster();
  let chat: Chat;
  before(async () => {
    chat = await Chat.start(cluster());
  });
  after(async () => await chat.end());

  for (const way of ways) {
    const name = `connect-${way.transport}, ${way.encoding}`;
    const clients = () => chat.buyer.at(cluster().gateway(0), way);

    test(`${name}: a unary call`, async () => {
      const me = await clients().auth.whoAmI({});
      assert.deepEqual([me.role, me.shop, me.subject], [Role.BUYER, chat.shop.id, chat.buyer.buyer]);
    });

    test(`${name}: numbers beyond 53 bits, times, maps and oneofs survive`, async () => {
      const { entries } = await clients().buyer.listMessages({});
      assert.equal(entries[0]!.content?.kind.case, "text");
      assert.ok(entries[1]!.content?.kind.case === "system");
      assert.equal(entries[1]!.content.kind.value.parameters.agent, chat.agent.id);
      assert.ok(Math.abs(Number(entries[0]!.createTime!.seconds) - Date.now() / 1000) < 600);
      const beyond = await clients().buyer.listMessages({ afterSeq: 2n ** 60n });
      assert.deepEqual(beyond.entries, []);
    });

    test(`${name}: a stream begins at once and goes on live`, async () => {
      const stream = buyerStream(clients());
      await stream.next("hello");
      const body = `to ${name}`;
      await chat.agentSays(body);
      await stream.said(body);
      await stream.close();
    });

    test(`${name}: a refusal has code, reason, metadata and a sentence`, async () => {
      const agent = chat.agent.staff.at(cluster().gateway(0), way).agent;
      const { session, fence } = chat;
      const refusal = await refused(
        agent.sendMessage({ requestId: requestId(), session, fence: fence + 3n, content: text("from the future") }),
      );
      assert.deepEqual([refusal.code, refusal.reason], [Code.Aborted, "STALE_FENCE"]);
      assert.deepEqual(refusal.metadata, { fence: `${fence}` });
      assert.match(refusal.sentence, /\w+ .*\./);
      const invalid = await refused(agent.sendMessage({ requestId: requestId(), session, fence, content: {} }));
      assert.deepEqual([invalid.code, invalid.reason, invalid.fields], [Code.InvalidArgument, "INVALID_FIELD", ["content"]]);
    });

    test(`${name}: a stream that is refused says why`, async () => {
      const stream = buyerStream(clientsTo(cluster().gateway(0).url, { ...way, token: "nonsense" }));
      const error = ConnectError.from(await stream.end());
      assert.equal(error.code, Code.Unauthenticated);
      assert.deepEqual(stream.frames, []);
    });

    test(`${name}: a stream that its client leaves costs nothing more`, async () => {
      const stream = buyerStream(clients());
      await stream.next("hello");
      await stream.close();
      assert.equal((await clients().auth.whoAmI({})).subject, chat.buyer.buyer);
    });
  }

  test("an answer that takes longer than the client allows is given up in time", async () => {
    const conversation = chat.conversation;
    cluster().inquiries[0]!.pause();
    try {
      const begin = Date.now();
      const answer = await jsonCall(cluster().gateway(1).url, {
        method: "AgentService/ListMessages",
        token: chat.agent.staff.token,
        body: { conversation },
        headers: { "Connect-Timeout-Ms": "300" },
      });
      const took = Date.now() - begin;
      assert.deepEqual([answer.status, answer.code, answer.reason], [504, "deadline_exceeded", "DEADLINE_EXCEEDED"]);
      assert.ok(took >= 200 && took < 2000, `${took} ms`);
      const own = await refused(chat.buyer.at(cluster().gateway(0)).buyer.listMessages({}));
      assert.equal(own.code, Code.DeadlineExceeded, "the method's own bound holds for who names none");
    } finally {
      cluster().inquiries[0]!.resume();
    }
    await chat.agentSays("and on it goes");
    await chat.buyerStream.said("and on it goes");
  });

  test("a write that was given up is stored once at most, and its repetition tells", async () => {
    const id = requestId();
    cluster().inquiries[0]!.pause();
    const { session, fence } = chat;
    const message = { requestId: id, session, fence, content: text("given up") };
    const { agent } = chat.agent.clients;
    const refusal = await refused(agent.sendMessage(message, { timeoutMs: 300 }));
    assert.equal(refusal.code, Code.DeadlineExceeded);
    cluster().inquiries[0]!.resume();
    const { entry } = await agent.sendMessage(message);
    const { entry: again } = await agent.sendMessage(message);
    assert.deepEqual(again, entry);
    const stored = (await chat.buyerLog()).filter((e) => e.requestId === id);
    assert.equal(stored.length, 1);
  });

  test("a deadline that is no number is refused", async () => {
    const call = { method: "AuthService/WhoAmI", token: chat.buyer.token, body: {} };
    const answer = await jsonCall(cluster().gateway(0).url, { ...call, headers: { "Connect-Timeout-Ms": "soon" } });
    assertRefused(answer, { code: "invalid_argument", reason: "CONNECT_TIMEOUT" });
  });

  test("every answer has an id for those who report a failure, and the caller's own trace is kept", async () => {
    const trace = "0af7651916cd43dd8448eb211c80319c";
    const headers = { traceparent: `00-${trace}-b7ad6b7169203331-01` };
    const call = { method: "AuthService/WhoAmI", token: chat.buyer.token, body: {} };
    const traced = await jsonCall(cluster().gateway(0).url, { ...call, headers });
    assert.equal(traced.headers["x-request-id"], trace);
    const other = await jsonCall(cluster().gateway(0).url, call);
    assert.match(String(other.headers["x-request-id"]), /^[0-9a-f]{32}$/);
  });

  test("many calls at once on few connections are all answered rightly", async () => {
    // An agent's: a buyer is held back before.
    const { auth } = chat.agent.staff.at(cluster().gateway(0));
    const answers = await Promise.all([...Array(200).keys()].map(() => auth.whoAmI({})));
    assert.ok(answers.every((answer) => answer.subject === chat.agent.id));
  });
});
