// What an agent's stream has said so far, in the fewest frames that say it again. Pure.

import { create } from "@bufbuild/protobuf";
import type { Entry, Marks } from "../../gen/kefu/common/v1/entry_pb.js";
import {
  AgentFrameSchema,
  AgentSnapshotSchema,
  QueueStateSchema,
  type AgentFrame,
  type AgentSnapshot,
  type Consult,
  type QueueState,
  type SessionChanged,
} from "../../gen/kefu/gateway/v1/agent_pb.js";
import type { ResumeToken } from "../../gen/kefu/gateway/v1/buyer_pb.js";
import type { AgentState, Session } from "../../gen/kefu/gateway/v1/session_pb.js";
import { ConversationView } from "../../shared/conversation.js";

export class Mirror {
  private agent: AgentState | undefined;
  private queue: QueueState | undefined;
  private storeEpoch = 0n;
  private bySession = new Map<string, Session>();
  private consults = new Map<string, Consult>();
  private views = new Map<string, ConversationView>();
  // By conversation, party and participant.
  private marks = new Map<string, Marks>();

  get sessions(): readonly Session[] {
    return [...this.bySession.values()];
  }

  view(conversation: string): ConversationView {
    let view = this.views.get(conversation);
    if (!view) {
      view = new ConversationView(conversation, false);
      view.storeEpoch = this.storeEpoch;
      this.views.set(conversation, view);
    }
    return view;
  }

  resumeTokens(): ResumeToken[] {
    return [...this.views.values()].filter(({ entries }) => entries.length > 0).map((view) => view.resumeToken());
  }

  // Any frame but an entry, which goes through view().
  take({ frame }: AgentFrame): void {
    switch (frame.case) {
      case "snapshot":
        this.takeSnapshot(frame.value);
        break;
      case "session":
        this.takeSession(frame.value);
        break;
      case "consult":
        if (frame.value.ended) this.consults.delete(frame.value.consult);
        else this.consults.set(frame.value.consult, frame.value);
        this.forgetOthers();
        break;
      case "marks":
        this.marks.set(`${frame.value.conversation} ${frame.value.party} ${frame.value.participant}`, frame.value);
        break;
      case "agent":
        if (!this.agent || frame.value.version >= this.agent.version) this.agent = frame.value;
        break;
      case "queue":
        this.queue = frame.value;
        break;
      case "resync":
        this.view(frame.value.conversation).resync(frame.value);
        break;
    }
  }

  // Nothing before the first snapshot.
  replay(): AgentFrame[] {
    if (!this.agent) return [];
    const snapshot = create(AgentSnapshotSchema, {
      agent: this.agent,
      sessions: [...this.sessions],
      storeEpoch: this.storeEpoch,
      waiting: this.queue?.waiting ?? 0,
      consults: [...this.consults.values()],
    });
    const entries = [...this.views.values()].flatMap((view) => view.entries.map(entryFrame));
    const marks = [...this.marks.values()].map((value) => create(AgentFrameSchema, { frame: { case: "marks", value } }));
    const queue = this.queue ? [create(AgentFrameSchema, { frame: { case: "queue", value: this.queue } })] : [];
    return [create(AgentFrameSchema, { frame: { case: "snapshot", value: snapshot } }), ...entries, ...marks, ...queue];
  }

  private takeSnapshot(snapshot: AgentSnapshot): void {
    this.agent = snapshot.agent;
    this.queue = create(QueueStateSchema, { waiting: snapshot.waiting });
    this.storeEpoch = snapshot.storeEpoch;
    this.bySession = new Map(snapshot.sessions.map((session) => [session.session, session]));
    this.consults = new Map(snapshot.consults.map((consult) => [consult.consult, consult]));
    for (const view of this.views.values()) view.storeEpoch = snapshot.storeEpoch;
    this.forgetOthers();
  }

  private takeSession({ session, held }: SessionChanged): void {
    if (!session) return;
    const known = this.bySession.get(session.session);
    if (known && session.version < known.version) return;
    if (held) this.bySession.set(session.session, session);
    else this.bySession.delete(session.session);
    this.forgetOthers();
  }

  // Conversations that the stream tells no more.
  private forgetOthers(): void {
    const told = new Set([...this.bySession.values(), ...this.consults.values()].map(({ conversation }) => conversation));
    for (const conversation of this.views.keys()) if (!told.has(conversation)) this.views.delete(conversation);
    for (const [key, { conversation }] of this.marks) if (!told.has(conversation)) this.marks.delete(key);
  }
}

export function entryFrame(value: Entry): AgentFrame {
  return create(AgentFrameSchema, { frame: { case: "entry", value } });
}
