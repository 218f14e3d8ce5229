// What one tab knows: the agent's stream as state. Frames come in, components read what is there and are told when it
// changed. It calls nobody but through its deps.

import { fromBinary } from "@bufbuild/protobuf";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { Sender_Kind } from "../../gen/kefu/common/v1/entry_pb.js";
import { AgentFrameSchema, type AgentFrame, type AgentSnapshot, type Consult, type SessionChanged } from "../../gen/kefu/gateway/v1/agent_pb.js";
import { Session_State, type AgentState, type Session } from "../../gen/kefu/gateway/v1/session_pb.js";
import { ConversationView } from "../../shared/conversation.js";
import type { FollowState } from "../../shared/follow.js";
import { ordinalOf } from "../../shared/session_id.js";
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
  // Since when somebody waits in the queue.
  oldest: Date | undefined;
  // Rises with what my figures are made of: my answers, and my sessions that end.
  worked = 0;
  consults: readonly Consult[] = [];
  revision = 0;
  // By conversation, in the order they came.
  private readonly held = new Map<string, Held>();
  // What is said where a colleague asked me, by conversation.
  private readonly heard = new Map<string, ConversationView>();
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
    const held = this.chosen === undefined ? undefined : this.held.get(this.chosen);
    return held && !isOffered(held) ? held : undefined;
  }

  get lastSeq(): bigint {
    return this.sessions.reduce((last, { view }) => (view.lastSeq > last ? view.lastSeq : last), 0n);
  }

  // Where colleagues have asked me.
  get asked(): readonly Consult[] {
    return this.consults.filter(({ agent }) => agent === this.me?.agent);
  }

  hears(conversation: string): ConversationView | undefined {
    return this.heard.get(conversation);
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
      case "entry": {
        const { conversation, sender } = frame.value;
        if (sender?.kind === Sender_Kind.AGENT && sender.id === this.me?.agent) this.worked += 1;
        this.heard.get(conversation)?.accept(frame.value);
        const held = this.held.get(conversation);
        if (!held) return;
        held.view.accept(frame.value);
        held.outbox.settle((requestId) => held.view.hasRequest(requestId));
        if (sender?.kind === Sender_Kind.BUYER) held.buyerTyping.notice(false);
        return held.changed();
      }
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
        return this.takeConsults(frame.value.ended ? others : [...others, frame.value]);
      }
      case "queue":
        this.waiting = frame.value.waiting;
        this.oldest = frame.value.oldestEnqueueTime && timestampDate(frame.value.oldestEnqueueTime);
        return;
      case "resync":
        this.held.get(frame.value.conversation)?.view.resync(frame.value);
        return;
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

  private takeSnapshot(snapshot: AgentSnapshot): void {
    this.me = snapshot.agent;
    this.waiting = snapshot.waiting;
    if (this.waiting === 0) this.oldest = undefined;
    this.takeConsults(snapshot.consults);
    const conversations = new Set(snapshot.sessions.map(({ conversation }) => conversation));
    for (const conversation of [...this.held.keys()]) if (!conversations.has(conversation)) this.letGo(conversation);
    for (const session of snapshot.sessions) this.hold(session).view.storeEpoch = snapshot.storeEpoch;
  }

  private takeConsults(consults: readonly Consult[]): void {
    this.consults = consults;
    const asked = new Set(this.asked.map(({ conversation }) => conversation));
    for (const conversation of this.heard.keys()) if (!asked.has(conversation)) this.heard.delete(conversation);
    for (const conversation of asked) if (!this.heard.has(conversation)) this.heard.set(conversation, new ConversationView(conversation, false));
  }

  private takeSession({ session, held }: SessionChanged): void {
    if (!session) return;
    const known = this.held.get(session.conversation);
    const same = known?.session.session === session.session;
    if (known && same && session.version < known.session.version) return;
    if (held) this.hold(session);
    // What ended may have a successor in the same conversation.
    else if (known && same) {
      known.session = session;
      this.worked += 1;
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
