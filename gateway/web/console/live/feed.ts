// One stream of one sign-in, however many tabs show it: follows it, closes its gaps, and tells each tab everything in
// order; a tab that joins later is told first how things stand.

import { toBinary } from "@bufbuild/protobuf";
import { Code, createClient, type Client } from "@connectrpc/connect";
import { Sender_Kind, type Entry } from "../../gen/kefu/common/v1/entry_pb.js";
import { AgentFrameSchema, AgentService, type AgentFrame } from "../../gen/kefu/gateway/v1/agent_pb.js";
import { Session_State } from "../../gen/kefu/gateway/v1/session_pb.js";
import { transportTo } from "../../shared/api.js";
import { acceptOrFill } from "../../shared/conversation.js";
import { follow, type FollowState, type FrameResult } from "../../shared/follow.js";
import { problemOf } from "../../shared/problem.js";
import { entryFrame, Mirror } from "./mirror.js";

export type Told =
  // AgentFrames, each in binary.
  | { readonly kind: "frames"; readonly frames: readonly Uint8Array[] }
  | { readonly kind: "link"; readonly link: FollowState }
  // The server takes the sign-in no longer.
  | { readonly kind: "refused" };

export type Tell = (told: Told) => void;

export class Feed {
  private readonly tabs = new Set<Tell>();
  private readonly mirror = new Mirror();
  private readonly agent: Client<typeof AgentService>;
  private readonly life = new AbortController();
  private link: FollowState = "connecting";
  private toldDelivered = new Map<string, bigint>();

  constructor(gateway: string, token: string, private readonly ended: () => void) {
    this.agent = createClient(AgentService, transportTo(gateway, () => token));
    void this.run();
  }

  join(tell: Tell): void {
    this.tabs.add(tell);
    tell({ kind: "link", link: this.link });
    tell({ kind: "frames", frames: this.mirror.replay().map(binary) });
  }

  leave(tell: Tell): void {
    this.tabs.delete(tell);
    if (this.tabs.size === 0) this.end();
  }

  private end(): void {
    this.life.abort();
    this.ended();
  }

  private async run(): Promise<void> {
    try {
      await follow<AgentFrame>(
        {
          open: (attempt) => this.agent.subscribe({ resume: this.mirror.resumeTokens() }, { signal: attempt, timeoutMs: 0 }),
          onFrame: (frame) => this.onFrame(frame),
          onState: (link) => this.setLink(link),
          isFinal: ({ code }) => code === Code.Unauthenticated || code === Code.PermissionDenied,
        },
        this.life.signal,
      );
    } catch {
      this.tell({ kind: "refused" });
      this.end();
    }
  }

  private async onFrame(frame: AgentFrame): Promise<FrameResult> {
    const { frame: said } = frame;
    switch (said.case) {
      case "entry":
        this.tellFrames((await this.accept(said.value)).map(entryFrame));
        this.tellDelivered(said.value);
        return "continue";
      case "heartbeat":
        return "continue";
      case "goodbye":
        return { reopenAfterMs: said.value.reconnectAfterMs };
      default:
        this.mirror.take(frame);
        this.tellFrames([frame]);
        return said.case === "resync" ? { reopenAfterMs: 0 } : "continue";
    }
  }

  // The entry with what was missing before it.
  private async accept(entry: Entry): Promise<readonly Entry[]> {
    const { conversation } = entry;
    const view = this.mirror.view(conversation);
    const before = view.lastSeq;
    await acceptOrFill(view, entry, async (afterSeq) => {
      return (await this.agent.listMessages({ conversation, afterSeq, pageSize: 500 })).entries;
    });
    return view.entries.filter(({ seq }) => seq > before);
  }

  // The buyer's words have arrived with this agent; whether they are read, a tab knows.
  private tellDelivered({ conversation, seq, sender }: Entry): void {
    const owned = this.mirror.sessions.some((one) => one.conversation === conversation && one.state === Session_State.ACTIVE);
    if (!owned || sender?.kind !== Sender_Kind.BUYER || seq <= (this.toldDelivered.get(conversation) ?? 0n)) return;
    this.toldDelivered.set(conversation, seq);
    // The next mark makes up for one that gets lost.
    this.agent.moveMarks({ conversation, deliveredSeq: seq }).catch((error: unknown) => console.debug(problemOf(error).reason));
  }

  private setLink(link: FollowState): void {
    if (this.link === link) return;
    this.link = link;
    this.tell({ kind: "link", link });
  }

  private tellFrames(frames: readonly AgentFrame[]): void {
    if (frames.length > 0) this.tell({ kind: "frames", frames: frames.map(binary) });
  }

  private tell(told: Told): void {
    for (const tell of this.tabs) tell(told);
  }
}

function binary(frame: AgentFrame): Uint8Array {
  return toBinary(AgentFrameSchema, frame);
}
