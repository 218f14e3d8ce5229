// How soon kefu's processes are ready, and how soon a conversation goes on after one of them was killed and started again
// at once, both seen from outside.
import { Cluster } from "../../support/cluster.js";
import { AgentAtWork, openSession } from "../../support/chat.js";
import { type Clients } from "../../support/clients.js";
import { type Buyer, Shop, type Staff, requestId, text } from "../../support/people.js";
import { type AgentStream, agentStream } from "../../support/streams.js";
import { behindProxy } from "../../support/test_cluster.js";
import { eventually } from "../../support/wait.js";
import { median } from "../measure.js";
import type { Goal } from "./goals.js";

const answerMs = 500;

async function timed(act: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await act();
  return (performance.now() - began) / 1000;
}

// A buyer and an agent in conversation; the agent's stream stays, or is opened anew when it ended.
class Conversation {
  private constructor(
    private readonly buyer: Clients,
    private readonly agent: Clients,
    private readonly session: string,
    private stream: AgentStream,
  ) {}

  static async open(cluster: Cluster, buyer: Buyer, staff: Staff): Promise<Conversation> {
    const agent = staff.at(cluster.gateway(0));
    const desk = await AgentAtWork.connect(staff, agent);
    const clients = buyer.at(cluster.gateway(0));
    const { session } = await openSession(clients, "hello");
    await desk.holds(session);
    return new Conversation(clients, agent, session, desk.stream);
  }

  // Until something said from now on is acknowledged and stands in the agent's stream.
  async goesOn(): Promise<void> {
    const body = requestId();
    const message = { requestId: body, session: this.session, content: text(body) };
    await Promise.all([
      eventually("the message to be acknowledged", () => worked(this.buyer.buyer.sendMessage(message, { timeoutMs: answerMs }))),
      eventually("the agent to see it", async () => {
        if (this.stream.ended !== undefined) this.stream = agentStream(this.agent);
        return await worked(this.stream.said(body, answerMs));
      }),
    ]);
  }

  async end(): Promise<void> {
    await this.stream.close();
  }
}

const worked = (act: Promise<unknown>) =>
  act.then(
    () => true,
    () => false,
  );

// Medians in seconds, as goals.
export async function back(rounds: number): Promise<Goal[]> {
  const ready = new Map<string, number[]>();
  const again = new Map<string, number[]>();
  const note = (times: Map<string, number[]>, name: string, seconds: number) => times.set(name, [...(times.get(name) ?? []), seconds]);
  const cluster = await Cluster.start({ gateways: 1, gatewayConfig: behindProxy });
  try {
    const shop = await Shop.create(cluster, "bench");
    const conversation = await Conversation.open(cluster, await shop.guest(), await shop.staff());
    await conversation.goesOn();
    const parts = {
      gateway: { kill: () => cluster.gateway(0).kill(), start: () => cluster.gateway(0).start() },
      inquiries: { kill: () => cluster.inquiries[0]!.kill(), start: () => cluster.inquiries[0]!.start() },
      redis: { kill: () => cluster.redis.kill(), start: () => cluster.redis.start() },
    };
    for (let round = 0; round < rounds; ++round) {
      for (const [name, { kill, start }] of Object.entries(parts)) {
        const seconds = await timed(async () => {
          await kill();
          note(ready, name, await timed(start));
          await conversation.goesOn();
        });
        note(again, name, seconds);
      }
    }
    await conversation.end();
  } finally {
    await cluster.stop();
  }
  const goals = (times: Map<string, number[]>, what: string, atMost: number) =>
    [...times].map(([name, seconds]) => ({ what: `${name}: ${what}`, measured: median(seconds), atMost, unit: "s" }));
  return [...goals(ready, "from its start to ready", 1), ...goals(again, "killed, until a conversation goes on", 2)];
}
