// An agent who answers: keeps a live stream, writes in the sessions it holds under their fences, hands some on, closes
// others. What it is told of ownership and load goes into the history.
import { setTimeout as delay } from "node:timers/promises";

import { Sender_Kind } from "../../gen/kefu/common/v1/entry_pb.js";
import type { AgentFrame, AgentSnapshot } from "../../gen/kefu/gateway/v1/agent_pb.js";
import { type AgentState, Presence, type Session } from "../../gen/kefu/gateway/v1/session_pb.js";
import type { Clients } from "../../support/clients.js";
import { type Staff, note, requestId, text } from "../../support/people.js";
import type { Random } from "../../support/random.js";
import { type History, now } from "./history.js";
import { Live } from "./live.js";
import { Persistent } from "./persistence.js";
import type { Switches } from "./switches.js";
import { View } from "./view.js";

interface Held {
  session: Session;
  view: View;
  // Of buyers' entries.
  unanswered: number;
  taken: number;
  // The agent closes it after so many entries of the buyer.
  closesAfter: number;
  busy: boolean;
}

export class LoadAgent {
  readonly held = new Map<string, Held>();
  readonly persistent: Persistent;
  readonly live: Live<AgentFrame>;
  // Entries of conversations that the agent did not hold, or no longer.
  stray = 0;
  private storeEpoch = 0n;
  private ready = false;
  private readonly working: Promise<void>;

  constructor(
    readonly process: string,
    readonly shop: string,
    readonly staff: Staff,
    gateways: Clients[],
    private readonly random: Random,
    private readonly history: History,
    private readonly switches: Switches,
    // To whom he may hand a session on by name, which may exceed their capacity up to twice.
    private readonly colleagues: () => string[],
  ) {
    this.persistent = new Persistent(gateways, random, switches.patienceMs);
    this.live = new Live(
      gateways,
      random.fork("stream"),
      (clients, signal) => clients.agent.subscribe({ resume: this.tokens() }, { signal }),
      (frame) => this.take(frame),
      () => (this.ready = false),
    );
    this.working = this.work();
  }

  private tokens() {
    return [...this.held.values()].filter(({ view }) => view.entries.length > 0).map(({ view }) => view.token());
  }

  private take({ frame }: AgentFrame): void {
    switch (frame.case) {
      case "snapshot":
        return this.takeSnapshot(frame.value);
      case "session":
        return this.takeSession(frame.value.session!, frame.value.held);
      case "agent":
        return this.takeLoad(frame.value);
      case "entry": {
        const held = this.held.get(frame.value.session) ?? this.holding(frame.value.conversation);
        if (held === undefined) {
          ++this.stray;
          return;
        }
        held.view.take(frame.value);
        if (frame.value.sender?.kind === Sender_Kind.BUYER && frame.value.session === held.session.session) {
          ++held.unanswered;
          ++held.taken;
        }
        return;
      }
      case "resync": {
        const { conversation } = frame.value;
        this.storeEpoch = frame.value.storeEpoch;
        for (const { view } of this.held.values()) {
          if (conversation === "" || view.conversation === conversation) view.resync(frame.value);
        }
        return;
      }
      case "goodbye":
        return this.live.again();
    }
  }

  private holding(conversation: string): Held | undefined {
    return [...this.held.values()].find(({ view }) => view.conversation === conversation);
  }

  private takeSnapshot(snapshot: AgentSnapshot): void {
    this.storeEpoch = snapshot.storeEpoch;
    const named = new Set(snapshot.sessions.map(({ session }) => session));
    for (const { session } of [...this.held.values()]) {
      if (!named.has(session.session)) this.release(session.session);
    }
    for (const session of snapshot.sessions) this.takeSession(session, true);
    this.takeLoad(snapshot.agent!);
    this.ready = true;
    if (snapshot.agent!.presence !== Presence.ONLINE) void this.goOnline();
  }

  private async goOnline(): Promise<void> {
    const id = requestId();
    await this.persistent.call((clients) => clients.agent.setPresence({ requestId: id, presence: Presence.ONLINE }));
  }

  private takeSession(session: Session, holds: boolean): void {
    const held = this.held.get(session.session);
    if (held !== undefined && session.version < held.session.version) return;
    if (!holds) {
      if (held !== undefined) this.release(session.session);
      return;
    }
    if (held === undefined) {
      const view = new View(session.conversation, this.storeEpoch);
      const closesAfter = this.random.integer(5, 15);
      this.held.set(session.session, { session, view, unanswered: 0, taken: 0, closesAfter, busy: false });
      this.own("held", session);
      return;
    }
    const former = held.session;
    held.session = session;
    if (former.fence !== session.fence) {
      this.own("released", former);
      this.own("held", session);
    }
  }

  private release(session: string): void {
    const held = this.held.get(session)!;
    this.held.delete(session);
    this.own("released", held.session);
    this.noteView(held, false);
  }

  private takeLoad({ agent, used, capacity }: AgentState): void {
    const time = now();
    const { process, shop } = this;
    const ceiling = this.colleagues().length > 0 ? 2 * capacity : capacity;
    this.history.add({ process, op: "load", shop, agent, used, capacity: ceiling, t_invoke: time, t_return: time });
  }

  private own(event: "held" | "released", { session, conversation, fence }: Session): void {
    const time = now();
    const { process, shop } = this;
    this.history.add({ process, op: "own", shop, conversation, session, fence: Number(fence), event, t_invoke: time, t_return: time });
  }

  private async work(): Promise<void> {
    for (;;) {
      await delay(this.random.integer(0, 2 * this.switches.agentThinksMs));
      if (!(await this.switches.mayGoOn())) return;
      const idle = [...this.held.values()].filter((held) => !held.busy && held.unanswered > 0);
      if (!this.ready || idle.length === 0) continue;
      const held = this.random.pick(idle);
      held.busy = true;
      await this.serve(held);
      held.busy = false;
    }
  }

  private async serve(held: Held): Promise<void> {
    held.unanswered = 0;
    if (held.taken >= held.closesAfter) return await this.close(held);
    if (this.random.chance(0.03)) return await this.handOn(held);
    await this.answer(held);
  }

  private async answer({ session, view }: Held): Promise<void> {
    const id = requestId();
    const body = `${this.process} answers ${view.last}`;
    const content = this.random.chance(0.1) ? note(body) : text(body);
    const begin = now();
    const { fence, conversation } = session;
    const outcome = await this.persistent.call((clients) =>
      clients.agent.sendMessage({ requestId: id, session: session.session, fence, content }),
    );
    const { process, shop } = this;
    this.history.add({
      process,
      op: "send",
      shop,
      conversation,
      client_id: id,
      session: session.session,
      fence: Number(fence),
      t_invoke: begin,
      t_return: now(),
      result: outcome.result,
      ...(outcome.result === "ok"
        ? { seq: Number(outcome.value.entry!.seq), epoch: Number(outcome.value.storeEpoch) }
        : { reason: outcome.reason }),
    });
  }

  private async close(held: Held): Promise<void> {
    const id = requestId();
    const { session, fence } = held.session;
    const outcome = await this.persistent.call((clients) =>
      clients.agent.closeSession({ requestId: id, session, fence, lastSeenSeq: held.view.last, reason: "solved" }),
    );
    // The buyer said more: look again at the next entry.
    if (outcome.result !== "ok") held.unanswered = 1;
  }

  private async handOn({ session }: Held): Promise<void> {
    const id = requestId();
    const others = this.colleagues().filter((agent) => agent !== this.staff.agent);
    const toAgent = others.length > 0 && this.random.chance(0.5) ? this.random.pick(others) : "";
    const { fence } = session;
    await this.persistent.call((clients) =>
      clients.agent.transferSession({ requestId: id, session: session.session, fence, toAgent }),
    );
  }

  async quiet(): Promise<void> {
    await this.working;
  }

  async end(): Promise<void> {
    await this.live.stop();
    for (const held of this.held.values()) this.noteView(held, true);
  }

  private noteView({ session, view }: Held, complete: boolean): void {
    const time = now();
    this.history.add({
      process: this.process,
      op: "view",
      shop: this.shop,
      conversation: view.conversation,
      session: session.session,
      audience: "staff",
      t_invoke: time,
      t_return: time,
      epoch: Number(view.storeEpoch),
      complete,
      ...view.listing(),
    });
  }
}
