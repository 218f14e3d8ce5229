// One session that the agent holds: the view of its conversation and what the agent has on its way out.

import { create } from "@bufbuild/protobuf";
import { ContentSchema } from "../../gen/kefu/common/v1/entry_pb.js";
import type { Suggestion } from "../../gen/kefu/gateway/v1/agent_pb.js";
import type { Session } from "../../gen/kefu/gateway/v1/session_pb.js";
import { newRequestId, type Api } from "../../shared/api.js";
import { ConversationView } from "../../shared/conversation.js";
import { Outbox } from "../../shared/outbox.js";
import { TypingListener, TypingTeller } from "../../shared/typing.js";
import type { Draft } from "../thread.js";

export class HeldSession {
  readonly view: ConversationView;
  readonly outbox: Outbox<Draft>;
  readonly typing: TypingTeller;
  readonly otherTyping: TypingListener;
  toldDelivered = 0n;
  toldRead = 0n;
  // The last one of a copilot.
  suggestion: Suggestion | undefined;

  constructor(
    public session: Session,
    private readonly api: Api,
    inBackground: (call: Promise<unknown>) => void,
    onChange: () => void,
  ) {
    this.view = new ConversationView(session.conversation, false);
    this.outbox = new Outbox<Draft>({
      send: (draft, requestId) => this.send(draft, requestId),
      onChange,
      newRequestId,
    });
    this.otherTyping = new TypingListener(onChange);
    this.typing = new TypingTeller((typing) =>
      inBackground(api.agent.setTyping({ conversation: session.conversation, typing })),
    );
  }

  get unread(): number {
    return this.view.entries.filter((entry) => entry.seq > this.toldRead).length;
  }

  private async send(draft: Draft, requestId: string): Promise<void> {
    const kind = draft.note
      ? ({ case: "note", value: { body: draft.body } } as const)
      : ({ case: "text", value: { body: draft.body } } as const);
    await this.api.agent.sendMessage({
      requestId,
      session: this.session.session,
      fence: this.session.fence,
      content: create(ContentSchema, { kind }),
    });
  }
}
