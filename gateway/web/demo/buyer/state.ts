// The buyer's side: a guest of one shop, the guest's conversation, what is on its way out, and the live stream.

import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { ContentSchema, Channel, OpeningSchema, Sender_Kind, type Content } from "../../gen/kefu/common/v1/entry_pb.js";
import type { BuyerFrame, Parked, QueuePlace } from "../../gen/kefu/gateway/v1/buyer_pb.js";
import { Session_State } from "../../gen/kefu/gateway/v1/session_pb.js";
import { createApi, newRequestId, type Api } from "../../shared/api.js";
import { Backoff, sleep } from "../../shared/backoff.js";
import { acceptOrFill, ConversationView } from "../../shared/conversation.js";
import { follow, type FollowState, type FrameResult } from "../../shared/follow.js";
import { Outbox } from "../../shared/outbox.js";
import { isTransient, problemOf, type Problem } from "../../shared/problem.js";
import { TypingListener, TypingTeller } from "../../shared/typing.js";
import type { Draft } from "../thread.js";

interface Guest {
  readonly token: string;
  readonly conversation: string;
}

export class BuyerState {
  link: FollowState = "connecting";
  problem: Problem | undefined;
  view = new ConversationView("", true);
  sessionState = Session_State.UNSPECIFIED;
  agentName = "";
  place: QueuePlace | undefined;
  parked: Parked | undefined;
  readonly outbox: Outbox<Draft>;
  readonly otherTyping: TypingListener;
  readonly typing: TypingTeller;
  private session = "";
  private guest: Guest | undefined;
  private toldRead = 0n;
  private toldDelivered = 0n;
  private readonly api: Api;

  // `visible` says whether the person can see the pane: only then is an entry read.
  constructor(
    baseUrl: string,
    readonly shop: string,
    private readonly storage: Storage,
    private readonly language: () => string,
    private readonly visible: () => boolean,
    private readonly onChange: () => void,
  ) {
    this.api = createApi(baseUrl, () => this.guest?.token ?? "");
    this.outbox = new Outbox<Draft>({
      send: (draft, requestId) => this.send(draft, requestId),
      onChange,
      newRequestId,
    });
    this.otherTyping = new TypingListener(onChange);
    this.typing = new TypingTeller((typing) => this.inBackground(this.api.buyer.setTyping({ typing })));
  }

  // Runs until `signal` is aborted. A token that the server refuses is replaced by a new guest's.
  async run(signal: AbortSignal): Promise<void> {
    const backoff = new Backoff();
    while (!signal.aborted) {
      await this.becomeGuest(signal);
      try {
        await follow<BuyerFrame>(
          {
            open: (attempt) =>
              this.api.buyer.subscribe(
                { resume: this.view.storeEpoch > 0n ? this.view.resumeToken() : undefined },
                { signal: attempt, timeoutMs: 0 },
              ),
            onFrame: (frame) => this.onFrame(frame),
            onState: (state) => this.setLink(state),
            isFinal: (problem) => problem.code === Code.Unauthenticated,
          },
          signal,
        );
      } catch (error) {
        this.problem = problemOf(error);
        this.forgetGuest();
        this.onChange();
        await sleep(backoff.next(), signal).catch(() => undefined);
      }
    }
  }

  // The person looks at the pane: everything in it is read.
  seen(): void {
    this.moveMarks();
  }

  private async becomeGuest(signal: AbortSignal): Promise<void> {
    const backoff = new Backoff(1_000, 30_000);
    this.guest = this.storedGuest();
    while (!this.guest && !signal.aborted) {
      try {
        const started = await this.api.auth.startGuest({ shop: this.shop }, { signal });
        this.guest = { token: started.token, conversation: started.conversation };
        this.storage.setItem(this.storageKey(), JSON.stringify(this.guest));
        this.problem = undefined;
      } catch (error) {
        if (signal.aborted) return;
        this.problem = problemOf(error);
        this.setLink("waiting");
        await sleep(Math.max(this.problem.retryDelayMs, backoff.next()), signal).catch(() => undefined);
      }
    }
    if (this.guest) this.view = new ConversationView(this.guest.conversation, true);
  }

  private storedGuest(): Guest | undefined {
    const stored = this.storage.getItem(this.storageKey());
    return stored === null ? undefined : (JSON.parse(stored) as Guest);
  }

  private forgetGuest(): void {
    this.storage.removeItem(this.storageKey());
    this.guest = undefined;
    this.session = "";
    this.sessionState = Session_State.UNSPECIFIED;
    this.toldRead = 0n;
    this.toldDelivered = 0n;
  }

  private storageKey(): string {
    return `kefu.guest.${this.shop}`;
  }

  private async onFrame({ frame }: BuyerFrame): Promise<FrameResult> {
    switch (frame.case) {
      case "hello":
        this.view.storeEpoch = frame.value.storeEpoch;
        this.problem = undefined;
        break;
      case "entry":
        await acceptOrFill(this.view, frame.value, (seq) => this.entriesAfter(seq));
        this.outbox.settle((requestId) => this.view.hasRequest(requestId));
        if (frame.value.sender?.kind === Sender_Kind.AGENT) this.otherTyping.notice(false);
        this.moveMarks();
        break;
      case "marks":
        this.view.move(frame.value);
        break;
      case "typing":
        if (frame.value.party === Sender_Kind.AGENT) this.otherTyping.notice(frame.value.typing);
        break;
      case "session":
        this.session = frame.value.state === Session_State.CLOSED ? "" : frame.value.session;
        this.sessionState = frame.value.state;
        this.agentName = frame.value.agentDisplayName;
        this.place = frame.value.place;
        this.parked = frame.value.parked;
        break;
      case "resync":
        this.view.resync(frame.value);
        this.onChange();
        return { reopenAfterMs: 0 };
      case "goodbye":
        return { reopenAfterMs: frame.value.reconnectAfterMs };
    }
    this.onChange();
    return "continue";
  }

  private async entriesAfter(seq: bigint) {
    return (await this.api.buyer.listMessages({ afterSeq: seq, pageSize: 500 })).entries;
  }

  // A message to a session that has ended opens a new one, under the same request id: it was not stored.
  private async send(draft: Draft, requestId: string): Promise<void> {
    const content = create(ContentSchema, { kind: { case: "text", value: { body: draft.body } } });
    if (this.session !== "") {
      try {
        await this.api.buyer.sendMessage({ requestId, session: this.session, content });
        return;
      } catch (error) {
        if (problemOf(error).reason !== "SESSION_CLOSED") throw error;
        this.session = "";
      }
    }
    await this.openSession(requestId, content);
  }

  private async openSession(requestId: string, content: Content): Promise<void> {
    const opening = create(OpeningSchema, { channel: Channel.WIDGET, language: this.language() });
    const opened = await this.api.buyer.openSession({ requestId, opening, content });
    this.session = opened.session;
  }

  private moveMarks(): void {
    const deliveredSeq = this.view.lastSeq;
    const readSeq = this.visible() ? deliveredSeq : this.toldRead;
    if (deliveredSeq <= this.toldDelivered && readSeq <= this.toldRead) return;
    this.toldDelivered = deliveredSeq;
    this.toldRead = readSeq;
    this.inBackground(this.api.buyer.moveMarks({ deliveredSeq, readSeq }));
  }

  // Marks and typing notices may get lost: the next ones make up for them. Anything else that goes wrong is shown.
  private inBackground(call: Promise<unknown>): void {
    call.catch((error: unknown) => {
      const problem = problemOf(error);
      if (isTransient(problem)) return;
      this.problem = problem;
      this.onChange();
    });
  }

  private setLink(link: FollowState): void {
    if (this.link === link) return;
    this.link = link;
    this.onChange();
  }
}
