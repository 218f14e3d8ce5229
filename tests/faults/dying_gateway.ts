// Two gateways with people at work, the first of which dies where a test says.
import assert from "node:assert/strict";

import { type Session, Session_State } from "../gen/kefu/gateway/v1/session_pb.js";
import { ListSessionsRequest_Scope } from "../gen/kefu/gateway/v1/agent_pb.js";
import { SystemLine_Kind } from "../gen/kefu/common/v1/entry_pb.js";
import { Role } from "../gen/kefu/options_pb.js";
import { AgentAtWork, newShop, openSession } from "../support/chat.js";
import { type Clients, refusalOf } from "../support/clients.js";
import { Cluster } from "../support/cluster.js";
import type { Shop, Staff } from "../support/people.js";
import { behindProxy } from "../support/test_cluster.js";
import { eventually } from "../support/wait.js";

export const chatWeight = 20;

// Runs `act` where the first gateway, which everybody writes through, dies at the failpoint; the second one holds the
// streams and stays.
export async function withFailpoint(failpoint: string, act: (world: World) => Promise<void>): Promise<void> {
  const cluster = await Cluster.start({ gatewayConfig: behindProxy });
  try {
    await act(await World.make(cluster, failpoint));
  } finally {
    await cluster.stop();
  }
}

export class World {
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

export async function openedChat(world: World) {
  const buyer = await world.shop.guest();
  const clients = buyer.at(world.cluster.gateway(1));
  const { session, conversation } = await openSession(clients, "hello");
  const live = await world.agreement(session);
  assert.ok(live && live.agent !== "", "the session was assigned");
  const owner = world.agent(live.agent);
  const fence = await owner.holds(session);
  return { buyer, clients, session, conversation, owner, fence };
}
