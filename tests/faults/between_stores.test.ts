// A gateway dies between its two stores, at every step of open, transfer and close. Whatever step it was: in the end
// the session is owned by exactly one agent or waits, loads are what is held, and no former owner gets a word in.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { type Session, Session_State } from "../gen/kefu/gateway/v1/session_pb.js";
import { ListSessionsRequest_Scope } from "../gen/kefu/gateway/v1/agent_pb.js";
import { SystemLine_Kind } from "../gen/kefu/common/v1/entry_pb.js";
import { Role } from "../gen/kefu/options_pb.js";
import { AgentAtWork, newShop, openSession } from "../support/chat.js";
import { type Clients, refusalOf } from "../support/clients.js";
import { Cluster } from "../support/cluster.js";
import { type Shop, type Staff, requestId, text } from "../support/people.js";
import { bodyOf } from "../support/streams.js";
import { behindProxy } from "../support/test_cluster.js";
import { eventually } from "../support/wait.js";

const chatWeight = 20;

// The first gateway, which everybody writes through, dies at the failpoint; the second one holds the streams and stays.
async function withFailpoint(failpoint: string, act: (world: World) => Promise<void>): Promise<void> {
  const cluster = await Cluster.start({ gatewayConfig: behindProxy });
  try {
    await act(await World.make(cluster, failpoint));
  } finally {
    await cluster.stop();
  }
}

class World {
  private constructor(
    readonly cluster: Cluster,
    readonly failpoint: string,
    readonly shop: Shop,
    readonly one: AgentAtWork,
    readonly two: AgentAtWork,
    readonly supervisor: Staff,
  ) {}

  static async make(cluster: Cluster, failpoint: string): Promise<World> {
    const shop = await newShop(cluster);
    const atWork = async () => {
      const staff = await shop.staff({ capacity: 40 });
      return await AgentAtWork.connect(staff, staff.at(cluster.gateway(1)));
    };
    return new World(cluster, failpoint, shop, await atWork(), await atWork(), await shop.staff({ role: Role.SUPERVISOR }));
  }

  // Starts the first gateway anew so that it dies at the failpoint.
  async arm(): Promise<void> {
    await this.cluster.gateway(0).restart(`${this.failpoint}=kill`);
  }

  // The call must kill the first gateway; its outcome is unknown to the caller.
  async dies(call: Promise<unknown>): Promise<void> {
    await call.then(
      () => assert.fail("the call was answered, although its gateway should have died"),
      (error: unknown) => assert.equal(refusalOf(error).reason, "", "a dead gateway gives no reason"),
    );
    await this.cluster.gateway(0).died();
  }

  get survivor(): Clients {
    return this.supervisor.at(this.cluster.gateway(1));
  }

  async liveSessions(): Promise<Session[]> {
    return (await this.survivor.agent.listSessions({ scope: ListSessionsRequest_Scope.ALL })).sessions;
  }

  // Waits until everything agrees: each live session waits, or is held by one agent who is the owner at inquiries, too;
  // each agent's load is the weight of what it holds.
  async agreement(session: string): Promise<Session | undefined> {
    let problem = "";
    await eventually("the two stores to agree", async () => {
      problem = (await this.disagreement(session)) ?? "";
      return problem === "";
    }).catch((error: unknown) => assert.fail(`${String(error)}: ${problem}`));
    return (await this.liveSessions()).find((live) => live.session === session);
  }

  private async disagreement(session: string): Promise<string | undefined> {
    const sessions = await this.liveSessions();
    const live = sessions.find((s) => s.session === session);
    if (live !== undefined && live.state === Session_State.WAITING && live.agent !== "") return "waits, but has an owner";
    if (live !== undefined && live.state === Session_State.ACTIVE && live.agent === "") return "active without an owner";
    const { agents } = await this.survivor.agent.listAgentStates({});
    for (const { agent, used } of agents) {
      const held = sessions.filter((s) => s.agent === agent).length;
      if (used !== held * chatWeight) return `${agent} has used ${used}, but holds ${held} sessions`;
    }
    if (live === undefined || live.agent === "") return undefined;
    const named = (await this.owners(live.conversation)).at(-1);
    return named === live.agent ? undefined : `routing says ${live.agent}, the conversation ${named ?? "nobody"}`;
  }

  // The agents whom the conversation says to have joined, in order.
  async owners(conversation: string): Promise<string[]> {
    const { entries } = await this.survivor.agent.listMessages({ conversation, pageSize: 500 });
    return entries.flatMap(({ content }) =>
      content?.kind.case === "system" && content.kind.value.kind === SystemLine_Kind.AGENT_JOINED
        ? [content.kind.value.parameters.agent!]
        : [],
    );
  }

  agent(id: string): AgentAtWork {
    const found = [this.one, this.two].find((agent) => agent.id === id);
    assert.ok(found, `nobody is ${id}`);
    return found;
  }

  other(agent: AgentAtWork): AgentAtWork {
    return agent === this.one ? this.two : this.one;
  }

  async ownerSpeaks(live: Session): Promise<void> {
    const owner = this.agent(live.agent);
    const fence = await owner.holds(live.session, live.fence - 1n);
    await owner.say(live.session, fence, "the owner speaks");
  }

  async end(): Promise<void> {
    await this.one.stream.close();
    await this.two.stream.close();
  }
}

async function openedChat(world: World) {
  const buyer = await world.shop.guest();
  const clients = buyer.at(world.cluster.gateway(1));
  const { session, conversation } = await openSession(clients, "hello");
  const live = await world.agreement(session);
  assert.ok(live && live.agent !== "", "the session was assigned");
  const owner = world.agent(live.agent);
  const fence = await owner.holds(session);
  return { buyer, clients, session, conversation, owner, fence };
}

describe("a gateway that dies between the stores", () => {
  for (const step of ["after_inquiry", "after_arrive", "after_fence"]) {
    test(`while opening, ${step}: the session is served once, by one agent`, async () => {
      await withFailpoint(`gateway.open.${step}`, async (world) => {
        const buyer = await world.shop.guest();
        await world.arm();
        const id = requestId();
        const request = { requestId: id, content: text("hello") };
        await world.dies(buyer.at(world.cluster.gateway(0)).buyer.openSession(request));

        const again = await buyer.at(world.cluster.gateway(1)).buyer.openSession(request);
        assert.equal(again.entry!.requestId, id);
        const live = await world.agreement(again.session);
        assert.ok(live, "the session is known to routing");
        await eventually("an agent to have it", async () => (await world.agreement(again.session))!.agent !== "");
        const owned = (await world.agreement(again.session))!;
        await world.ownerSpeaks(owned);
        assert.deepEqual(await world.owners(again.conversation), [owned.agent]);
        const { entries } = await buyer.at(world.cluster.gateway(1)).buyer.listMessages({});
        assert.equal(entries.filter((entry) => entry.requestId === id).length, 1);
        await world.end();
      });
    });
  }

  test("while opening, and the buyer does not try again: the session is served all the same", async () => {
    await withFailpoint("gateway.open.after_inquiry", async (world) => {
      const buyer = await world.shop.guest();
      await world.arm();
      const request = { requestId: requestId(), content: text("hello") };
      await world.dies(buyer.at(world.cluster.gateway(0)).buyer.openSession(request));
      const { openSession: session } = await buyer.at(world.cluster.gateway(1)).buyer.getState({});
      assert.notEqual(session, "");
      await eventually("an agent to have it", async () => {
        const live = (await world.liveSessions()).find((s) => s.session === session);
        return live !== undefined && live.agent !== "";
      });
      await world.ownerSpeaks((await world.agreement(session))!);
      await world.end();
    });
  });

  for (const step of ["after_route", "after_fence"]) {
    for (const named of [true, false]) {
      test(`while transferring ${named ? "to an agent" : "to the queue"}, ${step}: one agent has it, the former one is silent`, async () => {
        await withFailpoint(`gateway.transfer.${step}`, async (world) => {
          const { session, conversation, owner, fence } = await openedChat(world);
          const other = world.other(owner);
          await world.arm();
          const toAgent = named ? other.id : "";
          const dying = owner.staff.at(world.cluster.gateway(0)).agent;
          await world.dies(dying.transferSession({ requestId: requestId(), session, fence, toAgent }));

          await eventually("the other agent to have it", async () => (await world.agreement(session))?.agent === other.id);
          const live = (await world.agreement(session))!;
          assert.ok(live.fence > fence);
          const late = await owner.say(session, fence, "a word of the former owner").then(
            () => "accepted",
            (error: unknown) => refusalOf(error).reason,
          );
          assert.equal(late, "STALE_FENCE");
          await world.ownerSpeaks(live);
          const { entries } = await world.survivor.agent.listMessages({ conversation, pageSize: 500 });
          assert.ok(!entries.some((entry) => bodyOf(entry) === "a word of the former owner"));
          assert.deepEqual(await world.owners(conversation), [owner.id, other.id]);
          await world.end();
        });
      });
    }
  }

  for (const step of ["after_inquiry", "after_complete"]) {
    test(`while closing, ${step}: the session is closed once, and its slot is free`, async () => {
      await withFailpoint(`gateway.close.${step}`, async (world) => {
        const { clients, session, conversation, owner, fence } = await openedChat(world);
        await world.arm();
        const request = { requestId: requestId(), session, fence, lastSeenSeq: 100n, reason: "solved" };
        await world.dies(owner.staff.at(world.cluster.gateway(0)).agent.closeSession(request));

        await eventually("the slot to be free", async () => {
          const { agents } = await world.survivor.agent.listAgentStates({});
          return agents.every(({ used }) => used === 0);
        });
        assert.equal(await world.agreement(session), undefined, "no live session is left");
        await owner.staff.at(world.cluster.gateway(1)).agent.closeSession(request);
        const { entries } = await world.survivor.agent.listMessages({ conversation });
        const closed = entries.filter(
          ({ content }) => content?.kind.case === "system" && content.kind.value.kind === SystemLine_Kind.SESSION_CLOSED,
        );
        assert.equal(closed.length, 1);
        const next = await openSession(clients, "another question");
        assert.notEqual(next.session, session);
        await eventually("the next session to be served", async () => (await world.agreement(next.session))?.agent !== "");
        await world.end();
      });
    });
  }
});
