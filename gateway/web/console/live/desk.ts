// What one tab knows: the agent's stream as state. Frames come in, components read what is there and are told when it
// changed. It calls nobody but through its deps.

import { fromBinary } from "@bufbuild/protobuf";
import { timestampDate, timestampMs } from "@bufbuild/protobuf/wkt";
import { Sender_Kind, type Entry } from "../../gen/kefu/common/v1/entry_pb.js";
import {
  AgentFrameSchema,
  type AgentFrame,
  type AgentSnapshot,
  type Consult,
  type QueueState,
  type SessionChanged,
} from "../../gen/kefu/gateway/v1/agent_pb.js";
import { Session_State, type AgentState, type Session } from "../../gen/kefu/gateway/v1/session_pb.js";
import { ConversationView } from "../../shared/conversation.js";
import type { FollowState } from "../../shared/follow.js";
import { ordinalOf } from "../../shared/session_id.js";
import type { Order } from "../desk/lists/sorting.js";
import type { Told } from "./feed.js";
import { Held, type HeldDeps } from "./held.js";

export interface DeskDeps extends Omit<HeldDeps, "onChange"> {
  // Runs it soon, once however often it was asked for: as often as the screen is drawn.
  soon(work: () => void): void;
}

const isOffered = ({ session: { state } }: Held): boolean => state === Session_State.OFFERED;

export class Desk {
  link: FollowState = "connecting";
  refused = false;
  me: AgentState | undefined;
  waiting = 0;
  // When the one came who has waited longest.
  oldest: Date | undefined;
  consults: readonly Consult[] = [];
  // Of the list, and of the keys that go through it.
  order: Order = "waiting";
  // When I last answered, or a session of mine ended: figures from before that are old.
  worked = 0;
  revision = 0;
  // By conversation, in the order they came.
  private readonly held = new Map<string, Held>();
  // Conversations that a colleague asks me about, and that are not mine.
  private readonly asides = new Map<string, ConversationView>();
  private chosen: string | undefined;
  private readonly listeners = new Set<() => void>();
  private told = false;

  constructor(private readonly deps: DeskDeps) {}

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  // Mine; what is only offered is not.
  get sessions(): readonly Held[] {
    return [...this.held.values()].filter((held) => !isOffered(held));
  }

  get offers(): readonly Held[] {
    return [...this.held.values()].filter(isOffered);
  }

  get current(): Held | undefined {
    return this.chosen === undefined ? undefined : this.mine(this.chosen);
  }

  mine(conversation: string): Held | undefined {
    const held = this.held.get(conversation);
    return held && !isOffered(held) ? held : undefined;
  }

  // Consults that I was asked in.
  get asked(): readonly Consult[] {
    return this.consults.filter(({ agent }) => agent === this.me?.agent);
  }

  aside(conversation: string): ConversationView | undefined {
    return this.asides.get(conversation);
  }

  get lastSeq(): bigint {
    return this.sessions.reduce((last, { view }) => (view.lastSeq > last ? view.lastSeq : last), 0n);
  }

  sortBy(order: Order): void {
    this.order = order;
    this.changed();
  }

  choose(conversation: string | undefined): void {
    for (const [key, held] of this.held) if (held.gone && key !== conversation) this.drop(key);
    this.chosen = conversation;
    this.changed();
  }

  take(told: Told): void {
    if (told.kind === "link") this.link = told.link;
    else if (told.kind === "refused") this.refused = true;
    else for (const frame of told.frames) this.takeFrame(fromBinary(AgentFrameSchema, frame));
    this.changed();
  }

  takeFrame({ frame }: AgentFrame): void {
    switch (frame.case) {
      case "snapshot":
        return this.takeSnapshot(frame.value);
      case "session":
        return this.takeSession(frame.value);
      case "entry":
        return this.takeEntry(frame.value);
      case "marks": {
        const held = this.held.get(frame.value.conversation);
        if (!held) return;
        held.view.move(frame.value);
        // Read in another tab.
        if (frame.value.participant === this.me?.agent && frame.value.readSeq > held.readSeq) held.readSeq = frame.value.readSeq;
        return held.changed();
      }
      case "typing":
        if (frame.value.party === Sender_Kind.BUYER) this.held.get(frame.value.conversation)?.buyerTyping.notice(frame.value.typing);
        return;
      case "agent":
        if (!this.me || frame.value.version >= this.me.version) this.me = frame.value;
        return;
      case "suggestion": {
        const held = this.sessions.find(({ session }) => session.session === frame.value.session);
        if (!held) return;
        held.suggestion = frame.value;
        return held.changed();
      }
      case "consult": {
        const others = this.consults.filter(({ consult }) => consult !== frame.value.consult);
        this.consults = frame.value.ended ? others : [...others, frame.value];
        return this.keepAsides();
      }
      case "queue":
        return this.takeQueue(frame.value);
      case "resync": {
        const held = this.held.get(frame.value.conversation);
        held?.view.resync(frame.value);
        return held?.changed();
      }
    }
  }

  changed(): void {
    if (this.told) return;
    this.told = true;
    this.deps.soon(() => {
      this.told = false;
      this.revision += 1;
      for (const listener of this.listeners) listener();
    });
  }

  private takeEntry(entry: Entry): void {
    const held = this.held.get(entry.conversation);
    if (!held) {
      this.asides.get(entry.conversation)?.accept(entry);
      return;
    }
    held.accept(entry);
    const { kind, id } = entry.sender ?? {};
    if (kind === Sender_Kind.BUYER) held.buyerTyping.notice(false);
    const answers = kind === Sender_Kind.AGENT && id === this.me?.agent && entry.content?.kind.case !== "note";
    if (answers && entry.createTime) this.worked = Math.max(this.worked, timestampMs(entry.createTime));
    held.changed();
  }

  private takeQueue({ waiting, oldestEnqueueTime }: QueueState): void {
    this.waiting = waiting;
    this.oldest = oldestEnqueueTime && timestampDate(oldestEnqueueTime);
  }

  private keepAsides(): void {
    const asked = new Set(this.asked.map(({ conversation }) => conversation));
    for (const conversation of this.asides.keys()) if (!asked.has(conversation)) this.asides.delete(conversation);
    for (const conversation of asked) {
      if (!this.asides.has(conversation)) this.asides.set(conversation, new ConversationView(conversation, false));
    }
  }

  private takeSnapshot(snapshot: AgentSnapshot): void {
    this.me = snapshot.agent;
    this.waiting = snapshot.waiting;
    // Told soon after, if somebody waits.
    this.oldest = undefined;
    this.consults = snapshot.consults;
    this.keepAsides();
    const conversations = new Set(snapshot.sessions.map(({ conversation }) => conversation));
    for (const conversation of [...this.held.keys()]) if (!conversations.has(conversation)) this.letGo(conversation);
    for (const session of snapshot.sessions) this.hold(session).view.storeEpoch = snapshot.storeEpoch;
  }

  private takeSession({ session, held }: SessionChanged): void {
    if (!session) return;
    const known = this.held.get(session.conversation);
    const same = known?.session.session === session.session;
    if (known && same && session.version < known.session.version) return;
    const ended = known?.session.state === Session_State.ACTIVE && same && (!held || session.state !== Session_State.ACTIVE);
    if (ended) this.worked = Math.max(this.worked, Date.now());
    if (held) this.hold(session);
    // What ended may have a successor in the same conversation.
    else if (known && same) {
      known.session = session;
      this.letGo(session.conversation);
    }
  }

  private hold(session: Session): Held {
    const known = this.held.get(session.conversation);
    if (known && !known.gone) {
      // Who accepts wants to see it.
      if (isOffered(known) && session.state === Session_State.ACTIVE) this.chosen = session.conversation;
      if (ordinalOf(session.session) >= ordinalOf(known.session.session)) known.session = session;
      known.changed();
      return known;
    }
    const held = new Held(session, { ...this.deps, onChange: () => this.changed() });
    this.held.set(session.conversation, held);
    if (!isOffered(held)) this.chosen ??= session.conversation;
    return held;
  }

  // What is looked at stays until something else is.
  private letGo(conversation: string): void {
    const held = this.held.get(conversation);
    if (!held) return;
    held.outbox.close();
    if (this.chosen !== conversation) return this.drop(conversation);
    held.gone = true;
    held.changed();
  }

  private drop(conversation: string): void {
    this.held.get(conversation)?.outbox.close();
    this.held.delete(conversation);
  }
}
