// One conversation at the desk: its session, what was said, and what the agent has on the way out.

import { create } from "@bufbuild/protobuf";
import { ContentSchema, Sender_Kind, type Content, type Entry } from "../../gen/kefu/common/v1/entry_pb.js";
import type { Suggestion } from "../../gen/kefu/gateway/v1/agent_pb.js";
import { Session_State, type Session } from "../../gen/kefu/gateway/v1/session_pb.js";
import { ConversationView } from "../../shared/conversation.js";
import { Outbox } from "../../shared/outbox.js";
import { TypingListener, TypingTeller } from "../../shared/typing.js";

export interface Draft {
  readonly body: string;
  readonly note: boolean;
  // Instead of words.
  readonly card?: Content["kind"];
}

export interface HeldDeps {
  send(held: Held, content: Content, requestId: string): Promise<void>;
  tellTyping(held: Held, typing: boolean): void;
  onChange(): void;
  newRequestId(): string;
}

export class Held {
  view: ConversationView;
  readonly outbox: Outbox<Draft>;
  readonly typing: TypingTeller;
  readonly buyerTyping: TypingListener;
  // Rises with every change, so that a row knows whether it has to be drawn.
  revision = 0;
  readSeq = 0n;
  // The session went to somebody else or ended; shown for as long as it is looked at.
  gone = false;
  suggestion: Suggestion | undefined;
  // What is being written.
  draft = "";
  // What is written for colleagues must not come back as a reply to the buyer.
  draftIsNote = false;
  private waitingAt: { revision: number; since: Date | undefined } = { revision: -1, since: undefined };

  constructor(public session: Session, private readonly deps: HeldDeps) {
    this.view = new ConversationView(session.conversation, false);
    const changed = () => this.changed();
    this.outbox = new Outbox<Draft>({
      send: (draft, requestId) => deps.send(this, contentOf(draft), requestId),
      onChange: changed,
      newRequestId: () => deps.newRequestId(),
    });
    this.buyerTyping = new TypingListener(changed);
    this.typing = new TypingTeller((typing) => deps.tellTyping(this, typing));
  }

  // The feed closes gaps. One that is left means that the feed began anew, further on in the conversation.
  accept(entry: Entry): void {
    if (this.view.accept(entry) === "gap") {
      this.view = new ConversationView(this.view.conversation, false);
      this.view.accept(entry);
    }
    this.outbox.settle((requestId) => this.view.hasRequest(requestId));
  }

  changed(): void {
    this.revision += 1;
    this.deps.onChange();
  }

  get unread(): number {
    let count = 0;
    for (let i = this.view.entries.length - 1; i >= 0; i -= 1) {
      const entry = this.view.entries[i]!;
      if (entry.seq <= this.readSeq) break;
      if (entry.sender?.kind === Sender_Kind.BUYER && entry.content?.kind.case !== "rating") count += 1;
    }
    return count;
  }

  // Since when the buyer waits for an answer.
  get waitingSince(): Date | undefined {
    if (this.waitingAt.revision !== this.revision) {
      const waits = this.session.state === Session_State.ACTIVE && !this.gone;
      this.waitingAt = { revision: this.revision, since: waits ? waitingSince(this.view.entries) : undefined };
    }
    return this.waitingAt.since;
  }
}

// When the first message of the buyer came that nobody has answered.
export function waitingSince(entries: readonly Entry[]): Date | undefined {
  let first: Entry | undefined;
  for (let i = entries.length - 1; i >= 0; i -= 1) {
    const entry = entries[i]!;
    const kind = entry.content?.kind.case;
    if (kind === "note" || kind === "system" || kind === "recall" || kind === "rating") continue;
    if (entry.sender?.kind === Sender_Kind.AGENT) break;
    if (entry.sender?.kind === Sender_Kind.BUYER) first = entry;
  }
  return first?.createTime ? new Date(Number(first.createTime.seconds) * 1000) : undefined;
}

function contentOf({ body, note, card }: Draft): Content {
  return create(ContentSchema, { kind: card ?? { case: note ? "note" : "text", value: { body } } });
}
