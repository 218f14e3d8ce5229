// Many pairs of buyers and agents in two shops, who talk through proxies that drop answers, and leave a history.
import { setTimeout as delay } from "node:timers/promises";

import type { Entry } from "../../gen/kefu/common/v1/entry_pb.js";
import { ListSessionsRequest_Scope } from "../../gen/kefu/gateway/v1/agent_pb.js";
import { Role } from "../../gen/kefu/options_pb.js";
import { type Clients, clientsTo } from "../../support/clients.js";
import type { Cluster } from "../../support/cluster.js";
import { Shop, type Staff } from "../../support/people.js";
import type { Random } from "../../support/random.js";
import { ReplyDropper } from "../../support/reply_dropper.js";
import { LoadAgent } from "./agent.js";
import { LoadBuyer } from "./buyer.js";
import { History, listing, logEntry, now } from "./history.js";
import { Persistent } from "./persistence.js";
import { Switches } from "./switches.js";

const chatWeight = 20;

export interface LoadOptions {
  pairs: number;
  random: Random;
  // Share of unary answers dropped, and of stream frames after which the stream is cut.
  drop: number;
  cut: number;
  buyerThinksMs?: number;
  agentThinksMs?: number;
  patienceMs?: number;
}

interface LoadShop {
  shop: Shop;
  supervisor: Staff;
  agents: LoadAgent[];
  buyers: LoadBuyer[];
}

export class Load {
  readonly history = new History();
  readonly switches: Switches;
  private readonly shops: LoadShop[] = [];

  private constructor(
    private readonly cluster: Cluster,
    private readonly options: LoadOptions,
    readonly proxies: ReplyDropper[],
  ) {
    const { buyerThinksMs = 600, agentThinksMs = 150, patienceMs = 30_000 } = options;
    this.switches = new Switches(buyerThinksMs, agentThinksMs, patienceMs);
  }

  static async start(cluster: Cluster, options: LoadOptions): Promise<Load> {
    const proxies = await Promise.all(
      cluster.gateways.map((gateway, index) => ReplyDropper.before(gateway, options.random.fork(`proxy ${index}`), options)),
    );
    const load = new Load(cluster, options, proxies);
    // Two shops: in the first one agents hand sessions on by name, in the second one to the queue only.
    await load.addShop("load-one", Math.ceil(options.pairs / 2), true);
    await load.addShop("load-two", Math.floor(options.pairs / 2), false);
    return load;
  }

  get random(): Random {
    return this.options.random;
  }

  get shopIds(): string[] {
    return this.shops.map(({ shop }) => shop.id);
  }

  get buyers(): LoadBuyer[] {
    return this.shops.flatMap(({ buyers }) => buyers);
  }

  get agents(): LoadAgent[] {
    return this.shops.flatMap(({ agents }) => agents);
  }

  private async addShop(id: string, pairs: number, named: boolean): Promise<void> {
    const { cluster, options } = this;
    const shop = await Shop.create(cluster, id);
    const supervisor = await shop.staff({ role: Role.SUPERVISOR });
    const staff = await inParallel(pairs, 2, () => shop.staff({ capacity: 40 }));
    const guests = await inParallel(pairs, 8, () => shop.guest());
    const colleagues = () => (named ? staff.map(({ agent }) => agent) : []);
    const throughProxies = (token: string): Clients[] => this.proxies.map(({ url }) => clientsTo(url, { token }));
    const { random } = options;
    const agents = staff.map((person, index) => {
      const name = `${id}-agent-${index + 1}`;
      return new LoadAgent(name, id, person, throughProxies(person.token), random.fork(name), this.history, this.switches, colleagues);
    });
    const buyers = guests.map((guest, index) => {
      const name = `${id}-buyer-${index + 1}`;
      return new LoadBuyer(name, id, guest, throughProxies(guest.token), random.fork(name), this.history, this.switches);
    });
    this.shops.push({ shop, supervisor, agents, buyers });
  }

  // Nobody says more; everything under way is finished.
  async finishTalking(): Promise<void> {
    for (const proxy of this.proxies) Object.assign(proxy.options, { drop: 0, cut: 0 });
    this.switches.stop();
    await Promise.all([...this.buyers, ...this.agents].map((client) => client.quiet()));
  }

  // Waits until every view has reached the head of its log; reads all logs; writes down all views. A view that does
  // not get there in time is written down as it is: the checker judges.
  async conclude(patienceMs = 20_000): Promise<History> {
    const end = Date.now() + patienceMs;
    let logs = await this.readLogs();
    while (!this.haveAll(logs) && Date.now() < end) {
      await delay(200);
      logs = await this.readLogs();
    }
    await delay(300);
    logs = await this.readLogs();
    for (const [conversation, reading] of logs) this.noteReading(conversation, reading);
    for (const shop of this.shops) await this.noteRouting(shop);
    await Promise.all(this.buyers.map((buyer) => buyer.read()));
    await Promise.all([...this.buyers, ...this.agents].map((client) => client.end()));
    return this.history;
  }

  // What routing says of sessions and loads, at rest.
  private async noteRouting({ shop, supervisor, buyers }: LoadShop): Promise<void> {
    const reader = new Persistent(this.staffClients(supervisor), this.options.random, 30_000);
    const live = await reader.call(({ agent }) => agent.listSessions({ scope: ListSessionsRequest_Scope.ALL, pageSize: 500 }));
    const states = await reader.call(({ agent }) => agent.listAgentStates({}));
    if (live.result !== "ok" || states.result !== "ok") throw new Error("routing cannot be read");
    const { sessions } = live.value;
    if (sessions.length > buyers.length) throw new Error(`${sessions.length} live sessions of ${buyers.length} buyers`);
    const time = now();
    const common = { process: `${shop.id}-supervisor`, shop: shop.id, t_invoke: time, t_return: time };
    for (const { session, conversation, agent } of sessions) {
      this.history.add({ ...common, op: "routed", conversation, session, agent });
    }
    for (const { agent, used, capacity } of states.value.agents) {
      const held = chatWeight * sessions.filter((session) => session.agent === agent).length;
      this.history.add({ ...common, op: "load", agent, used, capacity: 2 * capacity, held });
    }
  }

  private staffClients({ token }: Staff): Clients[] {
    return this.cluster.gateways.map(({ url }) => clientsTo(url, { token }));
  }

  private haveAll(logs: Map<string, Reading>): boolean {
    const lastVisible = (conversation: string) =>
      logs.get(conversation)!.entries.filter((entry) => logEntry(entry).buyer_visible).at(-1)?.seq ?? 0n;
    const last = (conversation: string) => logs.get(conversation)!.entries.at(-1)?.seq ?? 0n;
    return (
      this.buyers.every(({ view, conversation }) => view.last === lastVisible(conversation)) &&
      this.agents.every(({ held }) => [...held.values()].every(({ view }) => view.last === last(view.conversation)))
    );
  }

  private async readLogs(): Promise<Map<string, Reading>> {
    const logs = new Map<string, Reading>();
    for (const { shop, supervisor, buyers } of this.shops) {
      const reader = new Persistent(this.staffClients(supervisor), this.options.random, 30_000);
      await Promise.all(
        buyers.map(async ({ conversation }) => {
          logs.set(conversation, await readWhole(reader, shop.id, conversation));
        }),
      );
    }
    return logs;
  }

  private noteReading(conversation: string, { shop, begin, end, entries, epoch }: Reading): void {
    this.history.add({
      process: `${shop}-supervisor`,
      op: "read",
      shop,
      conversation,
      audience: "staff",
      t_invoke: begin,
      t_return: end,
      result: "ok",
      epoch: Number(epoch),
      ...listing(entries),
      entries: entries.map(logEntry),
    });
  }

  async close(): Promise<void> {
    this.switches.stop();
    await Promise.all([...this.buyers, ...this.agents].map((client) => client.live.stop()));
    await Promise.all(this.proxies.map((proxy) => proxy.close()));
  }

  summary(): string {
    const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
    const clients = [...this.buyers, ...this.agents];
    return [
      `${sum(this.proxies.map(({ dropped }) => dropped))} answers dropped`,
      `${sum(this.proxies.map(({ cut }) => cut))} streams cut`,
      `${sum(clients.map(({ persistent }) => persistent.retries))} retries`,
      `${sum(clients.map(({ live }) => live.reconnects))} reconnects`,
      `${sum(this.agents.map(({ stray }) => stray))} strays`,
    ].join(", ");
  }

  // Answers that no client should get, each once.
  surprises(): string[] {
    return [...new Set([...this.buyers, ...this.agents].flatMap(({ persistent }) => persistent.surprises))];
  }
}

interface Reading {
  shop: string;
  begin: number;
  end: number;
  entries: Entry[];
  epoch: bigint;
}

async function readWhole(reader: Persistent, shop: string, conversation: string): Promise<Reading> {
  const begin = now();
  const entries: Entry[] = [];
  for (;;) {
    const afterSeq = entries.at(-1)?.seq ?? 0n;
    const page = await reader.call((clients) => clients.agent.listMessages({ conversation, afterSeq, pageSize: 500 }));
    // A buyer who never got a word in has no conversation.
    if (page.result === "fail" && page.reason === "NO_SUCH_CONVERSATION") return { shop, begin, end: now(), entries, epoch: 1n };
    if (page.result !== "ok") throw new Error(`${conversation} cannot be read: ${page.reason}`);
    entries.push(...page.value.entries);
    if (page.value.entries.length < 500) return { shop, begin, end: now(), entries, epoch: page.value.storeEpoch };
  }
}

async function inParallel<T>(count: number, width: number, make: () => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  let begun = 0;
  const worker = async () => {
    while (begun < count) {
      ++begun;
      made.push(await make());
    }
  };
  await Promise.all([...Array(width).keys()].map(worker));
  return made;
}
