// GUARANTEES, "Abuse that must be refused": objects and tenants. What is absent and what is another's are answered
// alike.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { Code } from "@connectrpc/connect";

import { Presence } from "../gen/kefu/gateway/v1/session_pb.js";
import { Role } from "../gen/kefu/options_pb.js";
import { type AgentAtWork, Chat, agentAtWork, newShop, openSession } from "../support/chat.js";
import { clientsTo, refused } from "../support/clients.js";
import { type JsonCall, jsonCall } from "../support/json_call.js";
import { type Buyer, type Shop, type Staff, operator, requestId, text } from "../support/people.js";
import { type RefusalRow, refusals } from "../support/refusal_table.js";
import { agentStream, bodyOf, buyerStream } from "../support/streams.js";
import { testCluster } from "../support/test_cluster.js";

interface World {
  // A conversation of one shop, under way.
  chat: Chat;
  // A colleague of its agent, who does not hold the session.
  colleague: AgentAtWork;
  admin: Staff;
  // Another buyer of the same shop.
  neighbour: Buyer;
  // People of another shop.
  foreignShop: Shop;
  foreignAgent: Staff;
  foreignSupervisor: Staff;
  foreignBuyer: Buyer;
}

const absentSession = `s_${"a".repeat(26)}_1`;
const absentConversation = `c_${"a".repeat(26)}`;
const hello = { text: { body: "hello" } };

const buyerSays = (buyer: Buyer, session: string, content: unknown = hello): JsonCall => ({
  method: "BuyerService/SendMessage",
  token: buyer.token,
  body: { requestId: requestId(), session, content },
});
const agentSays = (staff: Staff, session: string, fence: bigint | number, content: unknown = hello): JsonCall => ({
  method: "AgentService/SendMessage",
  token: staff.token,
  body: { requestId: requestId(), session, fence: String(fence), content },
});
const agentCall = (method: string, staff: Staff, body: Record<string, unknown>): JsonCall => ({
  method: `AgentService/${method}`,
  token: staff.token,
  body,
});

const noSession = { code: "not_found", reason: /^NO_SUCH_(SESSION|CONVERSATION)$/ };
const noConversation = { code: "not_found", reason: "NO_SUCH_CONVERSATION" };
const badField = { code: "invalid_argument", reason: "INVALID_FIELD" };
const unknownField = { code: "invalid_argument", reason: "INVALID_JSON" };

describe("objects and tenants", () => {
  const cluster = testCluster();
  let world: World;
  before(async () => {
    const chat = await Chat.start(cluster());
    const foreignShop = await newShop(cluster());
    world = {
      chat,
      colleague: await agentAtWork(cluster(), chat.shop, { presence: Presence.BUSY, gateway: 0 }),
      admin: await chat.shop.staff({ role: Role.ADMIN }),
      neighbour: await chat.shop.guest(),
      foreignShop,
      foreignAgent: await foreignShop.staff(),
      foreignSupervisor: await foreignShop.staff({ role: Role.SUPERVISOR }),
      foreignBuyer: await foreignShop.guest(),
    };
  });
  after(async () => {
    await world.colleague.stream.close();
    await world.chat.end();
  });

  const rows: RefusalRow<World>[] = [
    { what: "a message into another buyer's session", call: ({ neighbour, chat }) => buyerSays(neighbour, chat.session), ...noSession },
    { what: "a message of another shop's buyer", call: ({ foreignBuyer, chat }) => buyerSays(foreignBuyer, chat.session), ...noSession },
    { what: "a message into a session that does not exist", call: ({ neighbour }) => buyerSays(neighbour, absentSession), ...noSession },
    { what: "a message of another shop's agent", call: ({ foreignAgent, chat }) => agentSays(foreignAgent, chat.session, chat.fence), ...noSession },
    { what: "a message of an agent into a session that does not exist", call: ({ foreignAgent }) => agentSays(foreignAgent, absentSession, 1), ...noSession },
    {
      what: "another shop's conversation, for an agent",
      call: ({ foreignAgent, chat }) => agentCall("ListMessages", foreignAgent, { conversation: chat.conversation }),
      ...noConversation,
    },
    {
      what: "another shop's conversation, for a supervisor",
      call: ({ foreignSupervisor, chat }) => agentCall("ListMessages", foreignSupervisor, { conversation: chat.conversation }),
      ...noConversation,
    },
    {
      what: "a conversation that does not exist",
      call: ({ foreignSupervisor }) => agentCall("ListMessages", foreignSupervisor, { conversation: absentConversation }),
      ...noConversation,
    },
    {
      what: "a conversation that a colleague holds",
      call: ({ colleague, chat }) => agentCall("ListMessages", colleague.staff, { conversation: chat.conversation }),
      ...noConversation,
    },
    {
      what: "another shop's session",
      call: ({ foreignSupervisor, chat }) => agentCall("GetSession", foreignSupervisor, { session: chat.session }),
      ...noSession,
    },
    {
      what: "taking over another shop's session",
      call: ({ foreignSupervisor, chat }) =>
        agentCall("TakeOverSession", foreignSupervisor, { requestId: requestId(), session: chat.session }),
      ...noSession,
    },
    {
      what: "transferring another shop's session",
      call: ({ foreignAgent, chat }) =>
        agentCall("TransferSession", foreignAgent, { requestId: requestId(), session: chat.session, fence: String(chat.fence) }),
      ...noSession,
    },
    {
      what: "closing another shop's session",
      call: ({ foreignAgent, chat }) =>
        agentCall("CloseSession", foreignAgent, { requestId: requestId(), session: chat.session, fence: String(chat.fence), lastSeenSeq: "2" }),
      ...noSession,
    },
    {
      what: "reopening another shop's session",
      call: ({ foreignAgent, chat }) => agentCall("ReopenSession", foreignAgent, { requestId: requestId(), session: chat.session }),
      ...noSession,
    },
    {
      what: "a transfer to another shop's agent",
      call: ({ chat, foreignAgent }) =>
        agentCall("TransferSession", chat.agent.staff, {
          requestId: requestId(), session: chat.session, fence: String(chat.fence), toAgent: foreignAgent.agent,
        }),
      code: "not_found",
      reason: "NO_SUCH_AGENT",
    },
    {
      what: "marks in another shop's conversation",
      call: ({ foreignAgent, chat }) => agentCall("MoveMarks", foreignAgent, { conversation: chat.conversation, readSeq: "1" }),
      ...noConversation,
    },
    {
      what: "typing in another shop's conversation",
      call: ({ foreignAgent, chat }) => agentCall("SetTyping", foreignAgent, { conversation: chat.conversation, typing: true }),
      ...noConversation,
    },
    {
      what: "an administrator's change of another shop's agent",
      call: ({ admin, foreignAgent }) => ({
        method: "AdminService/UpdateAgent",
        token: admin.token,
        body: { requestId: requestId(), agent: { agent: foreignAgent.agent, role: "ROLE_ADMIN", capacity: 100 } },
      }),
      code: "not_found",
      reason: "NO_SUCH_AGENT",
    },
    {
      what: "a colleague's message into a session he does not hold",
      call: ({ colleague, chat }) => agentSays(colleague.staff, chat.session, chat.fence),
      code: "aborted",
      reason: "STALE_FENCE",
    },
    {
      what: "a message under a fence of the future",
      call: ({ chat }) => agentSays(chat.agent.staff, chat.session, chat.fence + 5n),
      code: "aborted",
      reason: "STALE_FENCE",
    },
    {
      what: "a buyer's stream with another buyer's resume token",
      call: ({ neighbour, chat }) => ({
        method: "BuyerService/Subscribe",
        token: neighbour.token,
        stream: true,
        body: { resume: { storeEpoch: "1", conversation: chat.conversation, seq: "1" } },
      }),
      ...noConversation,
    },
    { what: "a malformed session id", call: ({ neighbour }) => buyerSays(neighbour, "s_../../etc"), ...badField, field: "session" },
    { what: "a session id with a Redis key in it", call: ({ neighbour }) => buyerSays(neighbour, "s_{other}:c:1"), ...badField, field: "session" },
    {
      what: "a malformed conversation id",
      call: ({ foreignSupervisor }) => agentCall("ListMessages", foreignSupervisor, { conversation: "c_ABC" }),
      ...badField,
      field: "conversation",
    },
    {
      what: "a malformed agent id",
      call: ({ chat }) =>
        agentCall("TransferSession", chat.agent.staff, {
          requestId: requestId(), session: chat.session, fence: String(chat.fence), toAgent: "agent 1",
        }),
      ...badField,
      field: "agent",
    },
    {
      what: "a write without a request id",
      call: ({ chat }) => ({
        method: "BuyerService/SendMessage",
        token: chat.buyer.token,
        body: { session: chat.session, content: hello },
      }),
      ...badField,
      field: "request_id",
    },
    {
      what: "a request id with a line break",
      call: ({ chat }) => ({
        method: "BuyerService/SendMessage",
        token: chat.buyer.token,
        body: { requestId: "12345678\r\nX-Evil: 1", session: chat.session, content: hello },
      }),
      ...badField,
      field: "request_id",
    },
    {
      what: "a role that a guest gives itself",
      call: ({ chat }) => ({ method: "AuthService/StartGuest", body: { shop: chat.shop.id, role: "ROLE_ADMIN" } }),
      ...unknownField,
    },
    {
      what: "a shop named in an agent's message",
      call: ({ chat, foreignShop }) => {
        const call = agentSays(chat.agent.staff, chat.session, chat.fence);
        return { ...call, body: { ...(call.body as object), shop: foreignShop.id } };
      },
      ...unknownField,
    },
    {
      what: "a capacity that an agent gives himself",
      call: ({ chat }) =>
        agentCall("SetPresence", chat.agent.staff, { requestId: requestId(), presence: "PRESENCE_ONLINE", capacity: 1000 }),
      ...unknownField,
    },
    {
      what: "a sender that a buyer names",
      call: ({ chat }) => {
        const call = buyerSays(chat.buyer, chat.session);
        return { ...call, body: { ...(call.body as object), sender: { kind: "KIND_AGENT", id: chat.agent.id } } };
      },
      ...unknownField,
    },
    {
      what: "an agent made an operator",
      call: ({ admin }) => ({
        method: "AdminService/CreateAgent",
        token: admin.token,
        body: { requestId: requestId(), agent: { login: admin.login, displayName: "me", role: "ROLE_OPERATOR", capacity: 100 } },
      }),
      ...badField,
      field: "agent.role",
    },
    {
      what: "a buyer's internal note",
      call: ({ chat }) => buyerSays(chat.buyer, chat.session, { note: { body: "I am staff" } }),
      code: "invalid_argument",
      reason: /^(INVALID_FIELD|CONTENT_NOT_ALLOWED)$/,
    },
    {
      what: "a buyer's line of the system",
      call: ({ chat }) => buyerSays(chat.buyer, chat.session, { system: { kind: "KIND_AGENT_JOINED" } }),
      code: "invalid_argument",
      reason: /^(INVALID_FIELD|CONTENT_NOT_ALLOWED)$/,
    },
    {
      what: "an agent's line of the system",
      call: ({ chat }) => agentSays(chat.agent.staff, chat.session, chat.fence, { system: { kind: "KIND_NOTICE" } }),
      code: "invalid_argument",
      reason: /^(INVALID_FIELD|CONTENT_NOT_ALLOWED)$/,
    },
    {
      what: "the list of all sessions, for an agent",
      call: ({ chat }) => agentCall("ListSessions", chat.agent.staff, { scope: "SCOPE_ALL" }),
      code: "permission_denied",
      reason: "ROLE_NOT_ALLOWED",
    },
  ];
  refusals(cluster, () => world, rows);

  test("what is another's and what does not exist are answered with the same words", async () => {
    const { neighbour, foreignSupervisor, chat } = world;
    const pairs: [JsonCall, JsonCall][] = [
      [buyerSays(neighbour, chat.session), buyerSays(neighbour, absentSession)],
      [
        agentCall("ListMessages", foreignSupervisor, { conversation: chat.conversation }),
        agentCall("ListMessages", foreignSupervisor, { conversation: absentConversation }),
      ],
      [
        agentCall("GetSession", foreignSupervisor, { session: chat.session }),
        agentCall("GetSession", foreignSupervisor, { session: absentSession }),
      ],
    ];
    for (const [foreign, absent] of pairs) {
      const answers = await Promise.all([foreign, absent].map((call) => jsonCall(cluster().gateway(0).url, call)));
      const [one, two] = answers.map(({ status, code, reason, sentence }) => ({ status, code, reason, sentence }));
      assert.deepEqual(one, two);
    }
  });

  test("an agent's stream gives nothing of a conversation that he does not hold, whatever token he sends", async () => {
    const { colleague, foreignAgent, chat } = world;
    for (const staff of [colleague.staff, foreignAgent]) {
      const resume = [{ storeEpoch: 1n, conversation: chat.conversation, seq: 0n }];
      const stream = agentStream(staff.at(cluster().gateway(0)), { resume });
      const marker = await chat.agentSays(`secret ${requestId()}`);
      await chat.buyerStream.entry((entry) => entry.seq === marker.seq);
      // Whatever the stream would say of the conversation comes before the answer to a change made later.
      await stream
        .next("snapshot")
        .then((snapshot) => assert.deepEqual(snapshot.sessions, []))
        .catch((error: unknown) => assert.match(String(error), /not_found/));
      assert.deepEqual(stream.entries(), []);
      await stream.close();
    }
  });

  const startsAnew = async (token: bigint, storeEpoch: bigint) => {
    const { chat } = world;
    const resume = { storeEpoch: token, conversation: chat.conversation, seq: 1n };
    const stream = buyerStream(chat.buyer.at(cluster().gateway(1)), { resume });
    const resync = await stream.next("resync");
    assert.equal(resync.storeEpoch, storeEpoch);
    const log = await chat.buyerLog();
    await stream.entry((entry) => entry.seq === log.at(-1)!.seq);
    const kept = log.filter((entry) => entry.seq > resync.keepSeq).map((entry) => entry.seq);
    assert.deepEqual(stream.entries().map((entry) => entry.seq), kept);
    await stream.close();
  };

  test("a resume token of an epoch that never was makes the stream start anew", async () => {
    const { storeEpoch } = await world.chat.buyerClients.buyer.getState({});
    await startsAnew(storeEpoch + 7n, storeEpoch);
  });

  test("a resume token of a former epoch makes the stream start anew, and so does the open stream", async () => {
    const { chat } = world;
    const { storeEpoch: former } = await chat.buyerClients.buyer.getState({});
    await operator(cluster()).raiseStoreEpoch({ requestId: requestId(), shop: chat.shop.id });
    const { storeEpoch } = await chat.buyerClients.buyer.getState({});
    assert.equal(storeEpoch, former + 1n);
    await startsAnew(former, storeEpoch);
    assert.equal((await chat.buyerStream.next("resync")).storeEpoch, storeEpoch);
    assert.equal((await chat.agent.stream.next("resync")).storeEpoch, storeEpoch);
  });

  test("a guest's token of another shop is not linked to a buyer of this one", async () => {
    const { chat, foreignBuyer } = world;
    await openSession(foreignBuyer.at(cluster().gateway(0)), "in my own shop");
    const { auth } = clientsTo(cluster().gateway(0).url);
    const identity = chat.shop.identity("a-customer", "Li");
    const refusal = await refused(auth.identifyBuyer({ ...identity, guestToken: foreignBuyer.token }));
    assert.ok([Code.Unauthenticated, Code.InvalidArgument].includes(refusal.code), `${refusal.code} ${refusal.reason}`);
    const state = await foreignBuyer.at(cluster().gateway(0)).buyer.getState({});
    assert.equal(state.continuedIn, "");
  });

  test("one request id with two different messages is refused as a conflict", async () => {
    const { chat } = world;
    const id = requestId();
    await chat.buyerSays("one", id);
    const { session } = chat;
    const refusal = await refused(
      chat.buyerClients.buyer.sendMessage({ requestId: id, session, content: text("two") }),
    );
    assert.deepEqual([refusal.code, refusal.reason], [Code.AlreadyExists, "REQUEST_ID_REUSED"]);
    assert.ok(!(await chat.buyerLog()).some((entry) => bodyOf(entry) === "two"));
  });
});
