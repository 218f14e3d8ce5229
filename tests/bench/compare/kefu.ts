// kefu itself: one gateway, one inquiries, Redis; buyers and agents over the public API.
import { create, toBinary } from "@bufbuild/protobuf";

import { AgentSendMessageRequestSchema } from "../../gen/kefu/gateway/v1/agent_pb.js";
import { BuyerSendMessageRequestSchema } from "../../gen/kefu/gateway/v1/buyer_pb.js";
import { AgentAtWork, openSession } from "../../support/chat.js";
import { Cluster } from "../../support/cluster.js";
import { type Buyer, Shop, text } from "../../support/people.js";
import { behindProxy } from "../../support/test_cluster.js";
import { type Candidate, type PersonPlan, type Plan, type Server, type System, messageId, messageText } from "./system.js";

// Of an agent with room for one session.
const oneSlot = 20;
const many = 1e6;
const limits = {
  buyer_messages_per_10s: many,
  buyer_sessions_per_minute: many,
  buyer_writes_per_10s: many,
  buyer_reads_per_10s: many,
  connections: 20_000,
};
// Made at a time, of those who only listen.
const atOnce = 32;

class Kefu implements System {
  private readonly desks: AgentAtWork[] = [];

  private constructor(
    private readonly kind: "connect" | "grpc",
    private readonly cluster: Cluster,
    private readonly shop: Shop,
  ) {}

  static async start(kind: "connect" | "grpc"): Promise<Kefu> {
    const cluster = await Cluster.start({ gateways: 1, gatewayConfig: { ...behindProxy, limits, grpc: { listen: "127.0.0.1:0" } } });
    return new Kefu(kind, cluster, await Shop.create(cluster, "bench"));
  }

  servers(): Server[] {
    const processes = this.cluster.processes().map(({ name, server }) => ({ name: name.replace("0", ""), pid: server.pid }));
    return [...processes, { name: "Redis", pid: this.cluster.redis.server.pid }];
  }

  async pairs(count: number): Promise<Plan> {
    const people: PersonPlan[] = [];
    for (let pair = 0; pair < count; ++pair) {
      const staff = await this.shop.staff({ capacity: oneSlot });
      const desk = await AgentAtWork.connect(staff, staff.at(this.cluster.gateway(0)));
      this.desks.push(desk);
      const buyer = await this.shop.guest();
      // Everybody before is busy with one.
      const { session } = await openSession(buyer.at(this.cluster.gateway(0)), "hello");
      const fence = await desk.holds(session);
      const said = { requestId: messageId, session, content: text(messageText) };
      people.push({
        ...this.listener(buyer, people.length + 1),
        sendPath: "/kefu.gateway.v1.BuyerService/SendMessage",
        send: toBinary(BuyerSendMessageRequestSchema, create(BuyerSendMessageRequestSchema, said)),
      });
      people.push({
        ...this.listener(staff, people.length - 1, "AgentService"),
        sendPath: "/kefu.gateway.v1.AgentService/SendMessage",
        send: toBinary(AgentSendMessageRequestSchema, create(AgentSendMessageRequestSchema, { ...said, fence })),
      });
    }
    return { kind: this.kind, people };
  }

  async connected(): Promise<void> {
    await Promise.all(this.desks.map(({ stream }) => stream.close()));
  }

  // Accounts are made before: only the connections are counted.
  async idle(count: number): Promise<Plan> {
    const buyers: Buyer[] = [];
    const make = async () => {
      while (buyers.length < count) buyers.push(await this.shop.guest());
    };
    await Promise.all(Array.from({ length: atOnce }, make));
    return { kind: this.kind, people: buyers.slice(0, count).map((buyer, index) => this.listener(buyer, index)) };
  }

  async stop(): Promise<void> {
    await this.cluster.stop();
  }

  private listener({ token }: { token: string }, peer: number, service = "BuyerService"): PersonPlan {
    const gateway = this.cluster.gateway(0);
    // An empty request; in Connect the envelope of a stream's message is part of the body.
    const listen = this.kind === "connect" ? new Uint8Array(5) : "";
    const address = this.kind === "connect" ? gateway.address : gateway.port("grpc");
    return { address, peer, token, listenPath: `/kefu.gateway.v1.${service}/Subscribe`, listen };
  }
}

export const kefuCandidates: Candidate[] = [
  { name: "kefu-connect", title: "kefu, Connect", start: () => Kefu.start("connect") },
  { name: "kefu-grpc", title: "kefu, gRPC", start: () => Kefu.start("grpc") },
];
