// What supervisors see of routing, at another gateway than where it happens: the live board, the queue, why a session
// waits; and how they set an agent's presence. And what ends by the clock: shifts.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";

import { Code } from "@connectrpc/connect";

import { type Board, type BoardFrame, Explanation_Reason } from "../gen/kefu/gateway/v1/board_pb.js";
import { Presence, Session_State } from "../gen/kefu/gateway/v1/session_pb.js";
import { Role } from "../gen/kefu/options_pb.js";
import { type AgentAtWork, agentAtWork, newShop, openSession } from "../support/chat.js";
import { type Clients, refused } from "../support/clients.js";
import { type Shop, type Staff, requestId } from "../support/people.js";
import { deskConfig, setRouting } from "../support/routing.js";
import { FrameStream, heldSession } from "../support/streams.js";
import { testCluster } from "../support/test_cluster.js";
import { eventually } from "../support/wait.js";

const boardStream = (clients: Clients) =>
  new FrameStream<BoardFrame>((signal) => clients.board.watchBoard({}, { signal }));
const desk = (board: Board | undefined) => board!.groups.find(({ group }) => group === "desk")!;

describe("the board", () => {
  const cluster = testCluster({ gateways: 2 });
  let shop: Shop;
  let boss: Staff;
  let here: Clients;
  let chief: Clients;
  before(async () => {
    shop = await newShop(cluster());
    boss = await shop.staff({ role: Role.ADMIN });
    here = boss.at(cluster().gateway(0));
    await setRouting(here, deskConfig({ push: "PUSH_OFFER", offerTimeout: "10s" }));
    chief = (await shop.staff({ role: Role.SUPERVISOR })).at(cluster().gateway(1));
  });
  const guestOpens = async () =>
    (await openSession((await shop.guest()).at(cluster().gateway(0)), "hello")).session;
  const explain = async (session: string) => (await chief.board.explainSession({ session })).explanation!;
  const reason = (session: string, wanted: Explanation_Reason) =>
    eventually(`${session} waits because of ${Explanation_Reason[wanted]}`, async () =>
      (await explain(session)).reason === wanted,
    );
  const goHome = async (...agents: AgentAtWork[]) => {
    for (const agent of agents) {
      await agent.be(Presence.OFFLINE);
      await agent.stream.close();
    }
  };
  const emptied = async (...sessions: string[]) => {
    for (const session of sessions)
      await chief.agent.closeSession({ requestId: requestId(), session, lastSeenSeq: 1000n });
  };

  test("shows itself whole, then again when something changes, and is silent otherwise", async () => {
    const watched = boardStream(chief);
    const first = await watched.next("board");
    assert.equal(desk(first).displayName, "Desk");
    assert.equal(desk(first).waiting, 0);
    const session = await guestOpens();
    const waiting = await watched.next("board", (board) => desk(board).waiting === 1);
    assert.ok(desk(waiting).oldestEnqueueTime !== undefined);

    const ada = await agentAtWork(cluster(), shop, { gateway: 0, displayName: "Ada" });
    const offered = await watched.next("board", (board) => desk(board).offered === 1);
    assert.deepEqual([desk(offered).waiting, desk(offered).online], [0, 1]);
    const offer = await heldSession(ada.stream, session, (s) => s.state === Session_State.OFFERED);
    await ada.clients.agent.acceptOffer({ requestId: requestId(), session, offer: offer.offer });
    const active = await watched.next("board", (board) => desk(board).active === 1);
    assert.equal(desk(active).servedToday, 1);
    const seen = active.agents.find(({ agent }) => agent === ada.id)!;
    assert.deepEqual([seen.displayName, seen.presence, seen.used], ["Ada", Presence.ONLINE, 20]);
    // A presence alone is a change, too.
    await ada.be(Presence.BREAK);
    const paused = await watched.next("board", (board) =>
      board.agents.some(({ agent, presence }) => agent === ada.id && presence === Presence.BREAK),
    );
    const asked = await chief.board.getBoard({});
    assert.deepEqual(desk(asked), desk(paused));
    // At most once a second.
    const times = watched.all("board").map((board) => Number(board.time!.seconds) * 1000 + board.time!.nanos / 1e6);
    for (let i = 1; i < times.length; ++i) assert.ok(times[i]! - times[i - 1]! >= 900, times.join());
    await watched.close();
    await emptied(session);
    await goHome(ada);
  });

  test("says why a session waits, in each state", async () => {
    const first = await guestOpens();
    await reason(first, Explanation_Reason.NOBODY_ONLINE);
    // Bob is full with it from here on.
    const bob = await agentAtWork(cluster(), shop, { gateway: 1, capacity: 20 });
    const his = await heldSession(bob.stream, first, (s) => s.state === Session_State.OFFERED);
    await bob.clients.agent.acceptOffer({ requestId: requestId(), session: first, offer: his.offer });
    const session = await guestOpens();
    await reason(session, Explanation_Reason.NOBODY_HAS_ROOM);
    const second = await guestOpens();
    assert.equal((await explain(second)).ahead, 1);
    assert.equal((await explain(second)).nextSession, session);

    const ada = await agentAtWork(cluster(), shop, { gateway: 0, capacity: 20 });
    const offer = await heldSession(ada.stream, session, (s) => s.state === Session_State.OFFERED);
    const offered = await explain(session);
    assert.equal(offered.reason, Explanation_Reason.UNSPECIFIED);
    assert.equal(offered.session?.assignment?.group, "desk");
    await reason(second, Explanation_Reason.NOBODY_HAS_ROOM);
    assert.equal((await explain(second)).ahead, 0);

    // Declined, it is not for her for a while, since it may be for Bob; the other one is.
    await ada.clients.agent.declineOffer({ requestId: requestId(), session, offer: offer.offer });
    const next = await heldSession(ada.stream, second, (s) => s.state === Session_State.OFFERED);
    const declined = await explain(session);
    assert.deepEqual(declined.excluded.map(({ agent }) => agent), [ada.id]);
    await ada.clients.agent.acceptOffer({ requestId: requestId(), session: second, offer: next.offer });
    const active = await explain(second);
    assert.equal(active.session?.agent, ada.id);
    assert.equal(active.session?.state, Session_State.ACTIVE);
    await ada.clients.agent.holdSession({ requestId: requestId(), session: second, fence: active.session!.fence });
    await reason(session, Explanation_Reason.EXCLUDED);

    const { sessions, nextPageToken } = await chief.board.listQueue({ pageSize: 1 });
    assert.deepEqual(sessions.map((e) => [e.session?.session, e.reason]), [[session, Explanation_Reason.EXCLUDED]]);
    assert.notEqual(nextPageToken, "");
    assert.deepEqual((await chief.board.listQueue({ pageSize: 1, pageToken: nextPageToken })).sessions, []);
    await emptied(first, session, second);
    await goHome(ada, bob);
  });

  test("says so where agents choose", async () => {
    const other = await newShop(cluster());
    const admin = (await other.staff({ role: Role.ADMIN })).at(cluster().gateway(0));
    await setRouting(admin, deskConfig({ strategy: "STRATEGY_MANUAL_CLAIM" }));
    const ada = await agentAtWork(cluster(), other, { gateway: 1 });
    const { session } = await openSession((await other.guest()).at(cluster().gateway(0)), "hello");
    const { explanation } = await admin.board.explainSession({ session });
    assert.equal(explanation?.reason, Explanation_Reason.MANUAL_CLAIM);
    // Agents may ask of what waits.
    assert.equal((await ada.clients.board.explainSession({ session })).explanation?.reason, Explanation_Reason.MANUAL_CLAIM);
    await ada.clients.agent.claimSession({ requestId: requestId(), session });
    const eve = await agentAtWork(cluster(), other, { gateway: 0, presence: Presence.BREAK });
    assert.equal((await refused(eve.clients.board.explainSession({ session }))).reason, "NO_SUCH_SESSION");
    await goHome(ada, eve);
  });

  test("a supervisor sets an agent's presence; the agent is told, and it stands in the audit log", async () => {
    const ada = await agentAtWork(cluster(), shop, { gateway: 0 });
    const request = { requestId: requestId(), agent: ada.id, presence: Presence.BREAK };
    const { agent } = await chief.board.setAgentPresence(request);
    assert.equal(agent?.presence, Presence.BREAK);
    await ada.stream.next("agent", (state) => state.presence === Presence.BREAK);
    await chief.board.setAgentPresence(request);
    const { entries } = await here.admin.listAuditEntries({ pageSize: 100 });
    const audited = entries.filter(({ method }) => method.endsWith("BoardService/SetAgentPresence"));
    assert.ok(audited.length >= 1);
    assert.match(audited[0]!.request, new RegExp(ada.id));
    const nobody = { requestId: requestId(), agent: `a_${"a".repeat(26)}`, presence: Presence.BREAK };
    assert.equal((await refused(chief.board.setAgentPresence(nobody))).reason, "NO_SUCH_AGENT");
    const nothing = await refused(chief.board.setAgentPresence({ ...request, requestId: requestId(), presence: 0 }));
    assert.deepEqual([nothing.code, nothing.fields], [Code.InvalidArgument, ["presence"]]);
    const home = { ...request, requestId: requestId(), presence: Presence.ONLINE };
    const away = await shop.staff();
    assert.equal((await refused(chief.board.setAgentPresence({ ...home, agent: away.agent }))).reason, "AGENT_NOT_READY");
    await goHome(ada);
  });

  test("who is of another shop is not there", async () => {
    const foreign = await newShop(cluster());
    const stranger = (await foreign.staff({ role: Role.SUPERVISOR })).at(cluster().gateway(0));
    const session = await guestOpens();
    assert.equal((await refused(stranger.board.explainSession({ session }))).reason, "NO_SUCH_SESSION");
    assert.deepEqual((await stranger.board.listQueue({})).sessions, []);
    const ada = await shop.staff({ signIn: false });
    const set = { requestId: requestId(), agent: ada.agent, presence: Presence.BREAK };
    assert.equal((await refused(stranger.board.setAgentPresence(set))).reason, "NO_SUCH_AGENT");
    const page = await refused(stranger.board.listQueue({ pageToken: "x" }));
    assert.deepEqual(page.fields, ["page_token"]);
    await emptied(session);
  });
});

describe("shifts", () => {
  const cluster = testCluster({ gateways: 2 });

  test("who is online when the shift ends is hung up, keeps its sessions, and may go on by hand", async () => {
    const shop = await newShop(cluster());
    const admin = (await shop.staff({ role: Role.ADMIN })).at(cluster().gateway(0));
    const ada = await agentAtWork(cluster(), shop, { gateway: 1 });
    const bob = await agentAtWork(cluster(), shop, { gateway: 0, presence: Presence.BUSY });
    const { session } = await openSession((await shop.guest()).at(cluster().gateway(0)), "hello");
    await ada.holds(session);
    const everyDay = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"];
    const shift = (from: string, to: string) => ({
      hours: "shift", timeZone: "UTC", weekly: [{ weekdays: everyDay.map((day) => `WEEKDAY_${day}`), span: { from, to } }],
    });
    await setRouting(admin, deskConfig({}, { hours: [shift("00:00", "24:00")] }));
    await admin.admin.setAgentSkills({ requestId: requestId(), agent: ada.id, hours: "shift" });
    // It ended a minute or two ago, whatever the time is.
    const clock = (ms: number) => new Date(ms).toISOString().slice(11, 16);
    const ended = shift(clock(Date.now() - 120 * 60_000), clock(Date.now() - 60_000));
    await setRouting(admin, deskConfig({}, { hours: [ended] }));
    await eventually("Ada is hung up", async () => {
      const { agents } = await ada.clients.agent.listAgentStates({});
      return agents.find(({ agent }) => agent === ada.id)?.presence === Presence.HUNG_UP;
    });
    const { agents } = await ada.clients.agent.listAgentStates({});
    assert.equal(agents.find(({ agent }) => agent === bob.id)?.presence, Presence.BUSY);
    assert.equal((await ada.clients.agent.getSession({ session })).agent, ada.id);
    await ada.be(Presence.ONLINE);
    const next = await openSession((await shop.guest()).at(cluster().gateway(0)), "hello");
    await ada.holds(next.session);
    await ada.stream.close();
    await bob.stream.close();
  });
});
