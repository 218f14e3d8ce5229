// Offers and claims: agents at two gateways, of whom one gets a session; and what happens to those who do not answer.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";

import { Code } from "@connectrpc/connect";

import { SystemLine_Kind } from "../gen/kefu/common/v1/entry_pb.js";
import { Presence, Readiness, type Session, Session_State } from "../gen/kefu/gateway/v1/session_pb.js";
import { Role } from "../gen/kefu/options_pb.js";
import { AgentAtWork, agentAtWork, newShop, openSession } from "../support/chat.js";
import { type Clients, refused } from "../support/clients.js";
import { type Shop, requestId } from "../support/people.js";
import { type RefusalRow, refusals } from "../support/refusal_table.js";
import { deskConfig, setRouting } from "../support/routing.js";
import { buyerStream, heldSession } from "../support/streams.js";
import { testCluster } from "../support/test_cluster.js";
import { eventually } from "../support/wait.js";

const offered = (agent: AgentAtWork, session: string, above = 0n): Promise<Session> =>
  heldSession(agent.stream, session, (s) => s.state === Session_State.OFFERED && s.version > above);
const accepted = (agent: AgentAtWork, session: string) =>
  heldSession(agent.stream, session, (s) => s.state === Session_State.ACTIVE);
const accept = (agent: AgentAtWork, { session, offer }: Session, id = requestId()) =>
  agent.clients.agent.acceptOffer({ requestId: id, session, offer });
const stateOf = async (agent: AgentAtWork, clients: Clients = agent.clients) => {
  const { agents } = await clients.agent.listAgentStates({});
  return agents.find((state) => state.agent === agent.id)!;
};

describe("offers", () => {
  const cluster = testCluster({ gateways: 2 });
  let shop: Shop;
  const open: AgentAtWork[] = [];
  const hire = async (options: Parameters<typeof agentAtWork>[2] = {}) => {
    const agent = await agentAtWork(cluster(), shop, options);
    open.push(agent);
    return agent;
  };
  const guestOpens = async () => {
    const clients = (await shop.guest("Guest")).at(cluster().gateway(0));
    const { session, conversation } = await openSession(clients, "hello");
    return { clients, session, conversation };
  };
  // Sessions that are left over must not be offered in the next test.
  beforeEach(async () => {
    shop = await newShop(cluster());
    const boss = (await shop.staff({ role: Role.ADMIN })).at(cluster().gateway(0));
    await setRouting(boss, deskConfig({ push: "PUSH_OFFER", offerTimeout: "10s" }));
  });
  afterEach(async () => {
    for (const agent of open.splice(0)) await agent.stream.close();
  });

  test("an offer shows why and until when; until it is accepted the agent has no say", async () => {
    const ada = await hire();
    const { clients, session, conversation } = await guestOpens();
    const seenByBuyer = buyerStream(clients);
    const offer = await offered(ada, session);
    assert.equal(offer.agent, ada.id);
    assert.equal(offer.group, "desk");
    assert.equal(offer.buyerDisplayName, "Guest");
    assert.ok(offer.offer > 0n && offer.until !== undefined);
    assert.equal(offer.assignment?.strategy, "LEAST_LOADED");
    assert.equal(offer.assignment?.eligible, 1);
    assert.equal((await refused(ada.say(session, offer.fence, "too early"))).reason, "OFFER_PENDING");
    const close = ada.clients.agent.closeSession({ requestId: requestId(), session, fence: offer.fence, lastSeenSeq: 9n });
    assert.equal((await refused(close)).reason, "OFFER_PENDING");
    const marks = ada.clients.agent.moveMarks({ conversation, readSeq: 1n });
    assert.equal((await refused(marks)).code, Code.NotFound);
    assert.equal((await refused(ada.clients.agent.listMessages({ conversation }))).code, Code.NotFound);
    assert.ok(!ada.stream.entries().some((entry) => entry.conversation === conversation));

    const { session: mine } = await accept(ada, offer);
    assert.equal(mine?.state, Session_State.ACTIVE);
    const held = await accepted(ada, session);
    await ada.stream.entry((entry) => entry.conversation === conversation && entry.seq === 1n);
    await ada.say(session, held.fence, "here I am");
    await seenByBuyer.said("here I am");
    // No buyer is told of offers, nor of who does not serve them.
    assert.ok(!seenByBuyer.all("session").some((s) => s.state === Session_State.OFFERED));
    await seenByBuyer.close();
  });

  test("accepting again is well; accepting late is not", async () => {
    const ada = await hire();
    const { session } = await guestOpens();
    const offer = await offered(ada, session);
    const id = requestId();
    await accept(ada, offer, id);
    assert.equal((await accept(ada, offer, id)).session?.agent, ada.id);
    assert.equal((await accept(ada, offer)).session?.agent, ada.id);
    const stale = await refused(accept(ada, { ...offer, offer: offer.offer + 7n } as Session));
    assert.equal(stale.code, Code.Aborted);
    assert.equal(stale.reason, "STALE_OFFER");
    const decline = ada.clients.agent.declineOffer({ requestId: requestId(), session, offer: offer.offer });
    assert.equal((await refused(decline)).reason, "STALE_OFFER");
  });

  test("declined, it goes to another, with a line that only the staff sees", async () => {
    const ada = await hire({ gateway: 0 });
    const { session, clients } = await guestOpens();
    const first = await offered(ada, session);
    const bob = await hire({ gateway: 1 });
    const request = { requestId: requestId(), session, offer: first.offer, reason: "not my subject" };
    await ada.clients.agent.declineOffer(request);
    await ada.lost(session);
    const second = await offered(bob, session, first.version);
    assert.equal(second.enqueueTime!.seconds, first.enqueueTime!.seconds);
    // Repeated, also when it is offered to somebody else already.
    await ada.clients.agent.declineOffer(request);
    assert.equal((await refused(accept(ada, first))).reason, "STALE_OFFER");
    await accept(bob, second);
    const line = await bob.stream.entry(
      (entry) => entry.content?.kind.case === "system" && entry.content.kind.value.parameters["reason"] === "not my subject",
    );
    assert.equal((line.content!.kind.value as { staffOnly: boolean }).staffOnly, true);
    const { entries } = await clients.buyer.listMessages({ pageSize: 100 });
    assert.ok(!entries.some((entry) => entry.seq === line.seq));
    const { entries: all } = await bob.clients.agent.listMessages({ conversation: line.conversation, pageSize: 100 });
    const lines = all.filter((entry) => entry.content?.kind.case === "system" && entry.content.kind.value.kind === SystemLine_Kind.OFFER_DECLINED);
    assert.deepEqual(lines.map((entry) => entry.seq), [line.seq]);
  });

  test("who does not answer is MISSED until back by hand, and the session goes to another", async () => {
    const ada = await hire({ gateway: 0 });
    const { session } = await guestOpens();
    const offer = await offered(ada, session);
    const bob = await hire({ gateway: 1 });
    await ada.stream.next("session", (c) => !c.held && c.session?.session === session, { timeoutMs: 25_000 });
    await offered(bob, session, offer.version);
    assert.equal((await stateOf(ada)).readiness, Readiness.MISSED);
    const late = await refused(accept(ada, offer));
    assert.equal(late.code, Code.Aborted);
    assert.equal(late.reason, "STALE_OFFER");
    await accept(bob, await offered(bob, session, offer.version));
    await ada.be(Presence.ONLINE);
    assert.equal((await stateOf(ada)).readiness, Readiness.READY);
    const next = await guestOpens();
    await offered(ada, next.session);
  });

  test("a supervisor takes an offer back; without one nothing changes", async () => {
    const ada = await hire({ gateway: 0 });
    const { session } = await guestOpens();
    const offer = await offered(ada, session);
    const bob = await hire({ gateway: 1 });
    const chief = (await shop.staff({ role: Role.SUPERVISOR })).at(cluster().gateway(1));
    await chief.agent.recallOffer({ requestId: requestId(), session });
    await ada.lost(session);
    const again = await offered(bob, session, offer.version);
    await accept(bob, again);
    const { session: unchanged } = await chief.agent.recallOffer({ requestId: requestId(), session });
    assert.equal(unchanged?.agent, bob.id);
  });

  test("given away by an owner, it is nobody's until the next one accepts", async () => {
    const ada = await hire({ gateway: 0 });
    const { session, clients } = await guestOpens();
    await accept(ada, await offered(ada, session));
    const mine = await accepted(ada, session);
    const bob = await hire({ gateway: 1 });
    await ada.clients.agent.transferSession({ requestId: requestId(), session, fence: mine.fence });
    const offer = await offered(bob, session);
    assert.ok(offer.fence > mine.fence);
    const former = await refused(ada.say(session, mine.fence, "still me?"));
    assert.equal(former.reason, "STALE_FENCE");
    assert.equal((await refused(bob.say(session, offer.fence, "already me?"))).reason, "OFFER_PENDING");
    await accept(bob, offer);
    await bob.say(session, offer.fence, "now me");
    const { entries } = await clients.buyer.listMessages({ pageSize: 100 });
    assert.equal(entries.at(-1)?.sender?.id, bob.id);
  });

  test("offers survive a change of page: the new stream shows them", async () => {
    const ada = await hire({ gateway: 0 });
    const { session } = await guestOpens();
    const offer = await offered(ada, session);
    await ada.stream.close();
    const back = await AgentAtWork.connect(ada.staff, ada.staff.at(cluster().gateway(1)));
    open.push(back);
    const shown = await offered(back, session);
    assert.equal(shown.offer, offer.offer);
    await accept(back, shown);
  });
});

describe("claims", () => {
  const cluster = testCluster({ gateways: 2 });

  test("of two agents at two gateways one gets it, and the other learns who was quicker", async () => {
    const shop = await newShop(cluster());
    const boss = (await shop.staff({ role: Role.ADMIN })).at(cluster().gateway(0));
    await setRouting(boss, deskConfig({ strategy: "STRATEGY_MANUAL_CLAIM" }));
    const ada = await agentAtWork(cluster(), shop, { gateway: 0 });
    const bob = await agentAtWork(cluster(), shop, { gateway: 1 });
    for (let round = 0; round < 5; ++round) {
      const clients = (await shop.guest()).at(cluster().gateway(round % 2));
      const { session } = await openSession(clients, "hello");
      const { sessions } = await ada.clients.agent.listSessions({ scope: 1 });
      assert.ok(sessions.some((s) => s.session === session), "it waits for somebody to take it");
      const answers = await Promise.allSettled(
        [ada, bob].map((agent) => agent.clients.agent.claimSession({ requestId: requestId(), session })),
      );
      const [won, lost] = answers[0]!.status === "fulfilled" ? [ada, bob] : [bob, ada];
      const refusal = await refused(
        Promise.reject((answers[won === ada ? 1 : 0] as PromiseRejectedResult).reason),
      );
      assert.equal(refusal.code, Code.Aborted);
      assert.equal(refusal.reason, "ALREADY_TAKEN");
      assert.equal(refusal.metadata.agent, won.id);
      const fence = await won.holds(session);
      await won.say(session, fence, "mine");
      // Repeated: no change.
      assert.equal((await won.clients.agent.claimSession({ requestId: requestId(), session })).session?.fence, fence);
      await eventually("it is the winner's", async () => (await boss.board.explainSession({ session })).explanation?.session?.agent === won.id);
      assert.equal((await refused(lost.say(session, fence, "mine?"))).reason, "STALE_FENCE");
    }
    await ada.stream.close();
    await bob.stream.close();
  });

  test("what is given out is not claimed", async () => {
    const shop = await newShop(cluster());
    const ada = await agentAtWork(cluster(), shop, { presence: Presence.BUSY });
    const { session } = await openSession((await shop.guest()).at(cluster().gateway(0)), "hello");
    const claim = await refused(ada.clients.agent.claimSession({ requestId: requestId(), session }));
    assert.equal(claim.code, Code.FailedPrecondition);
    assert.equal(claim.reason, "NOT_CLAIMABLE");
    await ada.stream.close();
  });
});

interface World {
  ada: AgentAtWork;
  session: string;
}

describe("calls about offers that are refused", () => {
  const cluster = testCluster();
  let world: World;
  before(async () => {
    const shop = await newShop(cluster());
    const ada = await agentAtWork(cluster(), shop);
    const { session } = await openSession((await shop.guest()).at(cluster().gateway(0)), "hello");
    await ada.holds(session);
    world = { ada, session };
  });
  after(async () => await world.ada.stream.close());

  const absent = `s_${"a".repeat(26)}_1`;
  const call = (method: string, body: (world: World) => object) => (w: World) => ({
    method: `AgentService/${method}`,
    token: w.ada.staff.token,
    body: { requestId: requestId(), ...body(w) },
  });
  const rows: RefusalRow<World>[] = [
    {
      what: "accepting without naming the offer",
      call: call("AcceptOffer", ({ session }) => ({ session })),
      code: "invalid_argument", reason: "INVALID_FIELD", field: "offer",
    },
    {
      what: "accepting what was never offered",
      call: call("AcceptOffer", ({ session }) => ({ session, offer: "4711" })),
      code: "aborted", reason: "STALE_OFFER",
    },
    {
      what: "accepting a session that is not there",
      call: call("AcceptOffer", () => ({ session: absent, offer: "1" })),
      code: "not_found", reason: "NO_SUCH_SESSION",
    },
    {
      what: "declining for a long reason",
      call: call("DeclineOffer", ({ session }) => ({ session, offer: "1", reason: "x".repeat(65) })),
      code: "invalid_argument", reason: "INVALID_FIELD", field: "reason",
    },
    {
      what: "claiming a session that is not there",
      call: call("ClaimSession", () => ({ session: absent })),
      code: "not_found", reason: "NO_SUCH_SESSION",
    },
    {
      what: "holding under another fence",
      call: call("HoldSession", ({ session }) => ({ session, fence: "99" })),
      code: "aborted", reason: "STALE_FENCE",
    },
    {
      what: "finishing what is not wrapped up",
      call: call("FinishWrapUp", ({ session }) => ({ session })),
      code: "failed_precondition", reason: "NOT_OWNER",
    },
    {
      what: "a transfer to an agent and a group at once",
      call: call("TransferSession", ({ ada, session }) => ({ session, fence: "1", toAgent: ada.id, toGroup: "g" })),
      code: "invalid_argument", reason: "INVALID_FIELD", field: "to_group",
    },
    {
      what: "a transfer to a group that is not there",
      call: call("TransferSession", ({ session }) => ({ session, fence: "1", toGroup: "nobody" })),
      code: "invalid_argument", reason: "INVALID_FIELD", field: "to_group",
    },
    {
      what: "an agent who takes offers back",
      call: call("RecallOffer", ({ session }) => ({ session })),
      code: "permission_denied", reason: "ROLE_NOT_ALLOWED",
    },
    {
      what: "an agent who requeues",
      call: call("RequeueSession", ({ session }) => ({ session })),
      code: "permission_denied", reason: "ROLE_NOT_ALLOWED",
    },
    {
      what: "an agent who whispers",
      call: call("Whisper", ({ session }) => ({ session, text: "psst" })),
      code: "permission_denied", reason: "ROLE_NOT_ALLOWED",
    },
    {
      what: "asking oneself",
      call: call("StartConsult", ({ ada, session }) => ({ session, fence: "1", agent: ada.id, question: "well?" })),
      code: "invalid_argument", reason: "INVALID_FIELD", field: "agent",
    },
    {
      what: "asking nothing",
      call: call("StartConsult", ({ session }) => ({ session, fence: "1", agent: `a_${"a".repeat(26)}` })),
      code: "invalid_argument", reason: "INVALID_FIELD", field: "question",
    },
    {
      what: "asking a colleague who is not there",
      call: call("StartConsult", ({ session }) => ({ session, fence: "1", agent: `a_${"a".repeat(26)}`, question: "well?" })),
      code: "not_found", reason: "NO_SUCH_AGENT",
    },
    {
      what: "writing into a consult that is not there",
      call: call("WriteConsult", ({ session }) => ({ session, consult: `n_${"a".repeat(26)}`, text: "hm" })),
      code: "not_found", reason: "NO_SUCH_CONSULT",
    },
    {
      what: "a note that claims to be a whisper",
      call: call("SendMessage", ({ session }) => ({ session, fence: "1", content: { note: { body: "psst", whisper: true } } })),
      code: "invalid_argument", reason: "INVALID_FIELD", field: "content.note.whisper",
    },
    {
      what: "a note that claims to be of a consult",
      call: call("SendMessage", ({ session }) => ({
        session, fence: "1", content: { note: { body: "hm", consult: `n_${"a".repeat(26)}` } },
      })),
      code: "invalid_argument", reason: "INVALID_FIELD", field: "content.note.consult",
    },
    {
      what: "an agent who looks at the board",
      call: (w) => ({ method: "BoardService/GetBoard", token: w.ada.staff.token, body: {} }),
      code: "permission_denied", reason: "ROLE_NOT_ALLOWED",
    },
    {
      what: "an agent who sets another's presence",
      call: (w) => ({
        method: "BoardService/SetAgentPresence",
        token: w.ada.staff.token,
        body: { requestId: requestId(), agent: w.ada.id, presence: "PRESENCE_BREAK" },
      }),
      code: "permission_denied", reason: "ROLE_NOT_ALLOWED",
    },
  ];
  refusals(cluster, () => world, rows);
});
