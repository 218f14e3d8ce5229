// One buyer's conversation with one shop: the live stream, what is on its way out, where the session stands. Asks the
// gateway nothing before start().

import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { createClient, Code, type Client } from "@connectrpc/connect";
import { Sender_Kind, type Entry } from "../../gen/kefu/common/v1/entry_pb.js";
import { BuyerService, type BuyerFrame } from "../../gen/kefu/gateway/v1/buyer_pb.js";
import { newRequestId, transportTo } from "../../shared/api.js";
import { Backoff, sleep } from "../../shared/backoff.js";
import { acceptOrFill, ConversationView } from "../../shared/conversation.js";
import { follow, type FollowState, type FrameResult } from "../../shared/follow.js";
import { Outbox } from "../../shared/outbox.js";
import { isTransient, problemOf, type Problem } from "../../shared/problem.js";
import { repeat } from "../../shared/repeat.js";
import { TypingListener, TypingTeller } from "../../shared/typing.js";
import { Arrival } from "./arrival.js";
import { contentOf, openingOf, type Draft } from "./drafts.js";
import type { Identity } from "./identity.js";
import { ReadMarks } from "./read_marks.js";
import { afterEntry, afterState, nothing, openSession, standingOf, type Standing } from "./standing.js";

export interface ChatDeps {
  readonly gateway: string;
  readonly identity: Identity;
  // Whether the buyer sees the conversation: only then is an entry read.
  readonly visible: () => boolean;
  readonly onChange: () => void;
}

export class Chat {
  link: FollowState | "off" = "off";
  // What the buyer should know went wrong, until it goes right.
  problem: Problem | undefined;
  view = new ConversationView("", true);
  standing: Standing = nothing;
  readonly outbox: Outbox<Draft>;
  readonly agentTyping: TypingListener;
  readonly typing: TypingTeller;
  private life: AbortController | undefined;
  private readonly arrival = new Arrival();
  private readonly marks = new ReadMarks((marks) => this.background(this.buyer.moveMarks(marks)));
  private readonly buyer: Client<typeof BuyerService>;

  constructor(private readonly deps: ChatDeps) {
    this.buyer = createClient(BuyerService, transportTo(deps.gateway, () => deps.identity.current?.token ?? ""));
    this.outbox = new Outbox<Draft>({
      send: (draft, requestId) => this.send(draft, requestId),
      onChange: deps.onChange,
      newRequestId,
      attempts: 3,
    });
    this.agentTyping = new TypingListener(deps.onChange);
    this.typing = new TypingTeller((typing) => {
      if (openSession(this.standing) !== "" && this.arrival.isThere) void this.background(this.buyer.setTyping({ typing }));
    });
  }

  // Follows the conversation from now on.
  start(): void {
    if (this.life) return;
    this.life = new AbortController();
    void this.run(this.life.signal);
  }

  // Somebody else is the buyer now.
  startAnew(): void {
    const wasOn = this.life !== undefined;
    this.life?.abort();
    this.life = undefined;
    this.arrival.lost();
    this.show(new ConversationView("", true));
    this.link = "off";
    this.problem = undefined;
    if (wasOn) this.start();
    this.deps.onChange();
  }

  // Forgets what is not out yet as well.
  end(): void {
    this.life?.abort();
    this.life = undefined;
    this.outbox.settle(() => true);
    this.startAnew();
  }

  get caughtUp(): boolean {
    return this.arrival.isThere;
  }

  // Agents' words that the buyer has not seen.
  get unread(): number {
    if (!this.arrival.isThere) return 0;
    const { read } = this.marks;
    return this.view.entries.filter((entry) => entry.seq > read && entry.sender?.kind === Sender_Kind.AGENT).length;
  }

  // The buyer looks at the conversation: everything in it is read.
  seen(): void {
    if (this.arrival.isThere) this.marks.move(this.view.lastSeq, this.deps.visible());
  }

  async leaveQueue(): Promise<void> {
    const session = openSession(this.standing);
    if (session === "") return;
    await repeat(newRequestId(), (requestId) => this.buyer.leaveQueue({ requestId, session }));
  }

  // `answerTime` absent: as soon as the shop can.
  async leaveMessage(text: string, answerTime: Date | undefined): Promise<void> {
    const session = openSession(this.standing);
    if (session === "") return;
    const wish = answerTime ? { answerTime: timestampFromDate(answerTime) } : {};
    const left = await repeat(newRequestId(), (requestId) =>
      this.buyer.leaveMessage({ requestId, session, text, ...wish }),
    );
    if (left.state) this.standing = standingOf(left.state);
    this.deps.onChange();
  }

  // The session that has ended.
  async rate(stars: number, comment: string): Promise<void> {
    if (this.standing.is !== "ended") return;
    const { session } = this.standing;
    const rating = { stars, comment };
    await repeat(newRequestId(), (requestId) => this.buyer.rateSession({ requestId, session, rating }));
  }

  private async run(signal: AbortSignal): Promise<void> {
    const backoff = new Backoff(1_000, 30_000);
    while (!signal.aborted) {
      try {
        this.setLink("connecting");
        const { conversation } = await this.deps.identity.become();
        if (signal.aborted) return;
        if (this.view.conversation !== conversation) this.show(new ConversationView(conversation, true));
        await this.followConversation(signal);
      } catch (error) {
        if (signal.aborted) return;
        this.failed(error);
        const delay = Math.max(this.problem?.retryDelayMs ?? 0, backoff.next());
        await sleep(delay, signal).catch(() => undefined);
      }
    }
  }

  private async followConversation(signal: AbortSignal): Promise<void> {
    await follow<BuyerFrame>(
      {
        open: (attempt) => {
          const resume = this.view.storeEpoch > 0n ? this.view.resumeToken() : undefined;
          return this.buyer.subscribe({ resume }, { signal: attempt, timeoutMs: 0 });
        },
        onFrame: (frame) => (signal.aborted ? { reopenAfterMs: 0 } : this.onFrame(frame)),
        onState: (state) => {
          if (!signal.aborted) this.setLink(state);
        },
        isFinal: (problem) => problem.code === Code.Unauthenticated,
      },
      signal,
    );
  }

  private failed(error: unknown): void {
    this.problem = problemOf(error);
    this.setLink("waiting");
    if (this.problem.code === Code.Unauthenticated) this.deps.identity.drop();
    // What waits to be sent is told of a refusal; an outage may pass.
    else if (!isTransient(this.problem)) this.arrival.refused(error);
    this.deps.onChange();
  }

  private show(view: ConversationView): void {
    this.view = view;
    this.standing = nothing;
    this.marks.reset();
  }

  private async onFrame({ frame }: BuyerFrame): Promise<FrameResult> {
    switch (frame.case) {
      case "hello":
        this.view.storeEpoch = frame.value.storeEpoch;
        this.problem = undefined;
        // An open session is told next; of one that ended in the meantime the log has told.
        if (openSession(this.standing) !== "") this.standing = nothing;
        this.marks.forgetTold();
        this.arrival.arrived();
        this.retryUnreached();
        this.seen();
        break;
      case "entry":
        await acceptOrFill(this.view, frame.value, (seq) => this.entriesAfter(seq));
        this.onEntry(frame.value);
        break;
      case "marks":
        this.view.move(frame.value);
        if (frame.value.party === Sender_Kind.BUYER) this.marks.told(frame.value.readSeq);
        break;
      case "typing":
        if (frame.value.party === Sender_Kind.AGENT) this.agentTyping.notice(frame.value.typing);
        break;
      case "session":
        this.standing = afterState(this.standing, frame.value);
        break;
      case "resync":
        this.view.resync(frame.value);
        this.deps.onChange();
        return { reopenAfterMs: 0 };
      case "goodbye":
        return { reopenAfterMs: frame.value.reconnectAfterMs };
    }
    this.deps.onChange();
    return "continue";
  }

  private onEntry(entry: Entry): void {
    this.outbox.settle((requestId) => this.view.hasRequest(requestId));
    if (entry.sender?.kind === Sender_Kind.AGENT) this.agentTyping.notice(false);
    this.standing = afterEntry(this.standing, entry);
    this.seen();
  }

  private async entriesAfter(seq: bigint): Promise<readonly Entry[]> {
    return (await this.buyer.listMessages({ afterSeq: seq, pageSize: 500 })).entries;
  }

  // A message to a session that has ended opens a new one, under the same request id: it was not stored.
  private async send(draft: Draft, requestId: string): Promise<void> {
    this.start();
    await this.arrival.wait();
    // Stored before an answer got lost; or forgotten with its buyer.
    const wanted = this.outbox.messages.some((message) => message.requestId === requestId);
    if (!wanted || this.view.hasRequest(requestId)) return;
    const content = contentOf(draft);
    const session = openSession(this.standing);
    if (session !== "") {
      try {
        await this.buyer.sendMessage({ requestId, session, content });
        return;
      } catch (error) {
        if (problemOf(error).reason !== "SESSION_CLOSED") throw error;
      }
    }
    const opened = await this.buyer.openSession({ requestId, opening: openingOf(draft), content });
    if (opened.state) this.standing = standingOf(opened.state);
    else if (openSession(this.standing) === "") this.standing = { is: "waiting", session: opened.session, place: undefined };
    this.deps.onChange();
  }

  // What failed because nobody could be reached goes out by itself now.
  private retryUnreached(): void {
    for (const { state, problem, requestId } of this.outbox.messages) {
      if (state === "failed" && problem && isTransient(problem)) this.outbox.retry(requestId);
    }
  }

  // Marks and typing notices may get lost: the next ones make up for them. Resolves to whether it went well.
  private async background(call: Promise<unknown>): Promise<boolean> {
    try {
      await call;
      return true;
    } catch (error) {
      const problem = problemOf(error);
      if (!isTransient(problem) && problem.code !== Code.ResourceExhausted) {
        this.problem = problem;
        this.deps.onChange();
      }
      return false;
    }
  }

  private setLink(link: FollowState): void {
    if (link !== "live") this.arrival.lost();
    if (this.link === link) return;
    this.link = link;
    this.deps.onChange();
  }
}
