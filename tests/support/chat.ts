// A conversation under way, as most tests need one: the buyer is connected to the first gateway, the agent to the
// second, so that everything between them crosses both.
import { Presence } from "../gen/kefu/gateway/v1/session_pb.js";
import type { Entry } from "../gen/kefu/common/v1/entry_pb.js";
import type { Clients } from "./clients.js";
import type { Cluster } from "./cluster.js";
import { type Buyer, Shop, type Staff, type StaffOptions, note, requestId, text } from "./people.js";
import { type AgentStream, type BuyerStream, agentStream, buyerStream, heldSession } from "./streams.js";

let shops = 0;
export async function newShop(cluster: Cluster, origins: string[] = []): Promise<Shop> {
  return await Shop.create(cluster, `shop-${++shops}`, origins);
}

// An agent at work: signed in, connected, and where he said so, taking sessions.
export class AgentAtWork {
  constructor(
    readonly staff: Staff,
    readonly clients: Clients,
    readonly stream: AgentStream,
  ) {}

  get id(): string {
    return this.staff.agent;
  }

  static async connect(staff: Staff, clients: Clients, presence: Presence = Presence.ONLINE): Promise<AgentAtWork> {
    const stream = agentStream(clients);
    await stream.next("snapshot");
    const agent = new AgentAtWork(staff, clients, stream);
    await agent.be(presence);
    return agent;
  }

  async be(presence: Presence): Promise<void> {
    await this.clients.agent.setPresence({ requestId: requestId(), presence });
  }

  // The fence under which this agent owns the session; waits for the assignment.
  async holds(session: string, above = 0n): Promise<bigint> {
    const held = await heldSession(this.stream, session, (s) => s.fence > above && s.agent === this.id);
    return held.fence;
  }

  // Waits until the stream said that the session is no longer this agent's.
  async lost(session: string): Promise<void> {
    await this.stream.next("session", (change) => !change.held && change.session?.session === session);
  }

  async say(session: string, fence: bigint, body: string, id = requestId()): Promise<Entry> {
    const { entry } = await this.clients.agent.sendMessage({ requestId: id, session, fence, content: text(body) });
    return entry!;
  }

  async note(session: string, fence: bigint, body: string): Promise<Entry> {
    const content = note(body);
    const { entry } = await this.clients.agent.sendMessage({ requestId: requestId(), session, fence, content });
    return entry!;
  }

  async closeSession(session: string, fence: bigint, lastSeenSeq: bigint): Promise<void> {
    const reason = "solved";
    await this.clients.agent.closeSession({ requestId: requestId(), session, fence, lastSeenSeq, reason });
  }
}

export async function agentAtWork(
  cluster: Cluster,
  shop: Shop,
  options: StaffOptions & { gateway?: number; presence?: Presence } = {},
): Promise<AgentAtWork> {
  const staff = await shop.staff(options);
  const clients = staff.at(cluster.gateway(options.gateway ?? 1));
  return await AgentAtWork.connect(staff, clients, options.presence);
}

export class Chat {
  private constructor(
    readonly cluster: Cluster,
    readonly shop: Shop,
    readonly buyer: Buyer,
    readonly buyerClients: Clients,
    readonly buyerStream: BuyerStream,
    readonly agent: AgentAtWork,
    readonly session: string,
    readonly fence: bigint,
    // The buyer's first message, "hello".
    readonly first: Entry,
  ) {}

  static async start(cluster: Cluster, options: StaffOptions & { shop?: Shop } = {}): Promise<Chat> {
    const shop = options.shop ?? (await newShop(cluster));
    const agent = await agentAtWork(cluster, shop, options);
    const buyer = await shop.guest("Guest");
    const clients = buyer.at(cluster.gateway(0));
    const stream = buyerStream(clients);
    await stream.next("hello");
    const opened = await openSession(clients, "hello");
    const fence = await agent.holds(opened.session);
    return new Chat(cluster, shop, buyer, clients, stream, agent, opened.session, fence, opened.entry!);
  }

  get conversation(): string {
    return this.buyer.conversation;
  }

  async buyerSays(body: string, id = requestId()): Promise<Entry> {
    const content = text(body);
    const { entry } = await this.buyerClients.buyer.sendMessage({ requestId: id, session: this.session, content });
    return entry!;
  }

  async agentSays(body: string, id = requestId()): Promise<Entry> {
    return await this.agent.say(this.session, this.fence, body, id);
  }

  // The conversation as the buyer finds it in the log.
  async buyerLog(): Promise<Entry[]> {
    return (await this.buyerClients.buyer.listMessages({ pageSize: 500 })).entries;
  }

  async agentLog(): Promise<Entry[]> {
    const { conversation } = this;
    return (await this.agent.clients.agent.listMessages({ conversation, pageSize: 500 })).entries;
  }

  async end(): Promise<void> {
    await this.buyerStream.close();
    await this.agent.stream.close();
  }
}

export async function openSession(clients: Clients, body: string, id = requestId()) {
  return await clients.buyer.openSession({ requestId: id, content: text(body) });
}
