// The agent's side: the sign-in, presence, the sessions held, their conversations, and the live stream.

import { Code } from "@connectrpc/connect";
import { Sender_Kind, type Entry } from "../../gen/kefu/common/v1/entry_pb.js";
import type { AgentFrame, AgentSnapshot, SessionChanged, Suggestion } from "../../gen/kefu/gateway/v1/agent_pb.js";
import { Presence, Session_State, type AgentState as AgentRecord, type Session } from "../../gen/kefu/gateway/v1/session_pb.js";
import { createApi, newRequestId, type Api } from "../../shared/api.js";
import { Backoff, sleep } from "../../shared/backoff.js";
import { acceptOrFill } from "../../shared/conversation.js";
import { follow, type FollowState, type FrameResult } from "../../shared/follow.js";
import { isTransient, problemOf, type Problem } from "../../shared/problem.js";
import { ordinalOf } from "../../shared/session_id.js";
import { HeldSession } from "./held.js";

interface SignedIn {
  readonly token: string;
  readonly name: string;
}

const storageKey = "kefu.agent";

export class AgentState {
  link: FollowState | "off" = "off";
  problem: Problem | undefined;
  busy = false;
  record: AgentRecord | undefined;
  waiting = 0;
  colleagues: readonly AgentRecord[] = [];
  private signedIn: SignedIn | undefined;
  // Signing in means to serve; presence can be set once the stream is open.
  private goOnline = false;
  private stream: AbortController | undefined;
  // By conversation, in the order they came.
  private readonly held = new Map<string, HeldSession>();
  private chosen: string | undefined;
  private readonly api: Api;

  constructor(
    baseUrl: string,
    private readonly storage: Storage,
    private readonly visible: () => boolean,
    private readonly onChange: () => void,
  ) {
    this.api = createApi(baseUrl, () => this.signedIn?.token ?? "");
  }

  get name(): string | undefined {
    return this.signedIn?.name;
  }

  get sessions(): readonly HeldSession[] {
    return [...this.held.values()];
  }

  get current(): HeldSession | undefined {
    return this.chosen === undefined ? undefined : this.held.get(this.chosen);
  }

  // Goes on with the sign-in of before a reload, if there was one.
  resume(): void {
    const stored = this.storage.getItem(storageKey);
    if (stored === null) return;
    this.signedIn = JSON.parse(stored) as SignedIn;
    this.start();
  }

  async signIn(shop: string, login: string, password: string): Promise<void> {
    await this.act(async () => {
      const answer = await this.api.auth.signIn({ shop, login, password });
      this.signedIn = { token: answer.token, name: answer.displayName };
      this.storage.setItem(storageKey, JSON.stringify(this.signedIn));
      this.goOnline = true;
      this.start();
    });
  }

  async signOut(): Promise<void> {
    await this.act(async () => {
      await this.sendPresence(Presence.OFFLINE);
      await this.api.auth.signOut({});
      this.forget();
    });
  }

  async setPresence(presence: Presence): Promise<void> {
    await this.act(() => this.sendPresence(presence));
  }

  choose(conversation: string): void {
    this.chosen = conversation;
    this.seen();
    this.onChange();
  }

  // The person looks at the pane: the chosen conversation is read.
  seen(): void {
    for (const held of this.held.values()) this.moveMarks(held);
  }

  async transfer(held: HeldSession, toAgent: string): Promise<void> {
    await this.act(async () => {
      const { session, fence } = held.session;
      await this.api.agent.transferSession({ requestId: newRequestId(), session, fence, toAgent });
    });
  }

  async close(held: HeldSession): Promise<void> {
    await this.act(async () => {
      const { session, fence } = held.session;
      const lastSeenSeq = held.view.lastSeq;
      await this.api.agent.closeSession({ requestId: newRequestId(), session, fence, lastSeenSeq, reason: "solved" });
    });
  }

  async accept(held: HeldSession): Promise<void> {
    await this.act(async () => {
      const { session, offer } = held.session;
      await this.api.agent.acceptOffer({ requestId: newRequestId(), session, offer });
    });
  }

  async decline(held: HeldSession): Promise<void> {
    await this.act(async () => {
      const { session, offer } = held.session;
      await this.api.agent.declineOffer({ requestId: newRequestId(), session, offer });
    });
  }

  // On hold, or no longer.
  async setHold(held: HeldSession, hold: boolean): Promise<void> {
    await this.act(async () => {
      const { session, fence } = held.session;
      const requestId = newRequestId();
      if (hold) await this.api.agent.holdSession({ requestId, session, fence });
      else await this.api.agent.resumeSession({ requestId, session });
    });
  }

  async finish(held: HeldSession): Promise<void> {
    await this.act(async () => {
      const { session } = held.session;
      await this.api.agent.finishWrapUp({ requestId: newRequestId(), session });
    });
  }

  // Those whom a session can be transferred to.
  async loadColleagues(): Promise<void> {
    await this.act(async () => {
      const { agents } = await this.api.agent.listAgentStates({});
      this.colleagues = agents.filter((agent) => agent.agent !== this.record?.agent);
    });
  }

  private start(): void {
    this.stream?.abort();
    this.stream = new AbortController();
    void this.run(this.stream.signal);
  }

  private async run(signal: AbortSignal): Promise<void> {
    try {
      await follow<AgentFrame>(
        {
          open: (attempt) =>
            this.api.agent.subscribe({ resume: this.resumeTokens() }, { signal: attempt, timeoutMs: 0 }),
          onFrame: (frame) => this.onFrame(frame),
          onState: (state) => this.setLink(state),
          isFinal: (problem) => problem.code === Code.Unauthenticated || problem.code === Code.PermissionDenied,
        },
        signal,
      );
    } catch (error) {
      this.problem = problemOf(error);
      this.forget();
    }
  }

  private resumeTokens() {
    return this.sessions.filter((held) => held.view.entries.length > 0).map((held) => held.view.resumeToken());
  }

  private async onFrame({ frame }: AgentFrame): Promise<FrameResult> {
    switch (frame.case) {
      case "snapshot":
        this.takeSnapshot(frame.value);
        if (this.goOnline) void this.setPresence(Presence.ONLINE);
        this.goOnline = false;
        break;
      case "session":
        this.takeSession(frame.value);
        break;
      case "entry":
        await this.takeEntry(frame.value);
        break;
      case "marks":
        this.held.get(frame.value.conversation)?.view.move(frame.value);
        break;
      case "typing":
        if (frame.value.party === Sender_Kind.BUYER) {
          this.held.get(frame.value.conversation)?.otherTyping.notice(frame.value.typing);
        }
        break;
      case "agent":
        if (!this.record || frame.value.version >= this.record.version) this.record = frame.value;
        break;
      case "suggestion":
        this.suggested(frame.value);
        break;
      case "queue":
        this.waiting = frame.value.waiting;
        break;
      case "resync":
        this.held.get(frame.value.conversation)?.view.resync(frame.value);
        this.onChange();
        return { reopenAfterMs: 0 };
      case "goodbye":
        return { reopenAfterMs: frame.value.reconnectAfterMs };
    }
    this.onChange();
    return "continue";
  }

  private takeSnapshot(snapshot: AgentSnapshot): void {
    this.record = snapshot.agent;
    this.waiting = snapshot.waiting;
    const conversations = new Set(snapshot.sessions.map((session) => session.conversation));
    for (const conversation of this.held.keys()) {
      if (!conversations.has(conversation)) this.drop(conversation);
    }
    for (const session of snapshot.sessions) this.hold(session).view.storeEpoch = snapshot.storeEpoch;
  }

  private takeSession({ session, held }: SessionChanged): void {
    if (!session) return;
    const known = this.held.get(session.conversation);
    if (known && known.session.session === session.session && session.version < known.session.version) return;
    if (held) this.hold(session);
    // What ended may have a successor in the same conversation.
    else if (known?.session.session === session.session) this.drop(session.conversation);
  }

  private hold(session: Session): HeldSession {
    const known = this.held.get(session.conversation);
    if (known) {
      if (ordinalOf(session.session) >= ordinalOf(known.session.session)) known.session = session;
      return known;
    }
    const held = new HeldSession(session, this.api, (call) => this.inBackground(call), this.onChange);
    held.view.storeEpoch = this.sessions[0]?.view.storeEpoch ?? 0n;
    this.held.set(session.conversation, held);
    this.chosen ??= session.conversation;
    return held;
  }

  private drop(conversation: string): void {
    this.held.get(conversation)?.outbox.close();
    this.held.delete(conversation);
    if (this.chosen === conversation) this.chosen = this.held.keys().next().value;
  }

  private async takeEntry(entry: Entry): Promise<void> {
    const held = this.held.get(entry.conversation);
    if (!held) return;
    await acceptOrFill(held.view, entry, async (seq) => {
      const request = { conversation: entry.conversation, afterSeq: seq, pageSize: 500 };
      return (await this.api.agent.listMessages(request)).entries;
    });
    held.outbox.settle((requestId) => held.view.hasRequest(requestId));
    if (entry.sender?.kind === Sender_Kind.BUYER) held.otherTyping.notice(false);
    this.moveMarks(held);
  }

  private suggested(suggestion: Suggestion): void {
    const held = this.sessions.find(({ session }) => session.session === suggestion.session);
    if (held) held.suggestion = suggestion;
  }

  private moveMarks(held: HeldSession): void {
    if (held.session.state !== Session_State.ACTIVE) return;
    const deliveredSeq = held.view.lastSeq;
    const readSeq = this.visible() && held === this.current ? deliveredSeq : held.toldRead;
    if (deliveredSeq <= held.toldDelivered && readSeq <= held.toldRead) return;
    held.toldDelivered = deliveredSeq;
    held.toldRead = readSeq;
    this.inBackground(this.api.agent.moveMarks({ conversation: held.view.conversation, deliveredSeq, readSeq }));
  }

  // Under one request id, repeated while the outcome is unknown.
  private async sendPresence(presence: Presence): Promise<void> {
    const requestId = newRequestId();
    const backoff = new Backoff();
    for (let left = 3; ; left -= 1) {
      try {
        const answer = await this.api.agent.setPresence({ requestId, presence });
        if (answer.agent) this.record = answer.agent;
        return;
      } catch (error) {
        if (left === 0 || !isTransient(problemOf(error))) throw error;
        await sleep(backoff.next(), new AbortController().signal);
      }
    }
  }

  private forget(): void {
    this.stream?.abort();
    this.storage.removeItem(storageKey);
    for (const conversation of [...this.held.keys()]) this.drop(conversation);
    this.signedIn = undefined;
    this.record = undefined;
    this.link = "off";
    this.onChange();
  }

  // Does what the person asked for; what goes wrong is shown.
  private async act(work: () => Promise<void>): Promise<void> {
    this.busy = true;
    this.problem = undefined;
    this.onChange();
    try {
      await work();
    } catch (error) {
      this.problem = problemOf(error);
    } finally {
      this.busy = false;
      this.onChange();
    }
  }

  // Marks and typing notices may get lost: the next ones make up for them. Anything else that goes wrong is shown.
  private inBackground(call: Promise<unknown>): void {
    call.catch((error: unknown) => {
      const problem = problemOf(error);
      if (isTransient(problem) || problem.code === Code.Aborted) return;
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
