// A live stream as a test watches it: every frame is kept, and one waits for the frame one expects.
import type { MessageInitShape } from "@bufbuild/protobuf";

import type { Entry } from "../gen/kefu/common/v1/entry_pb.js";
import type { AgentFrame, AgentSubscribeRequestSchema } from "../gen/kefu/gateway/v1/agent_pb.js";
import type { BoardFrame } from "../gen/kefu/gateway/v1/board_pb.js";
import type { BuyerFrame, BuyerSubscribeRequestSchema } from "../gen/kefu/gateway/v1/buyer_pb.js";
import type { Session } from "../gen/kefu/gateway/v1/session_pb.js";
import type { Clients } from "./clients.js";
import { within } from "./wait.js";

type Frame = BuyerFrame | AgentFrame | BoardFrame;
type Case<F extends Frame> = NonNullable<F["frame"]["case"]>;
type Value<F extends Frame, C extends Case<F>> = Extract<F["frame"], { case: C }>["value"];

class Signal {
  raise: () => void = () => {};
  readonly raised = new Promise<void>((resolve) => (this.raise = resolve));
}

export class FrameStream<F extends Frame> {
  readonly frames: F["frame"][] = [];
  // Set when the stream has ended; undefined as its value means without an error.
  ended: { error: unknown } | undefined;
  private readonly stopper = new AbortController();
  private change = new Signal();
  private readonly pump: Promise<void>;

  constructor(open: (signal: AbortSignal) => AsyncIterable<F>) {
    this.pump = this.read(open(this.stopper.signal));
  }

  private async read(frames: AsyncIterable<F>): Promise<void> {
    let error: unknown;
    try {
      for await (const { frame } of frames) {
        this.frames.push(frame);
        this.wake();
      }
    } catch (caught) {
      error = caught;
    }
    this.ended = { error };
    this.wake();
  }

  private wake(): void {
    const change = this.change;
    this.change = new Signal();
    change.raise();
  }

  // The first frame of this kind, from `from` on, that satisfies the condition; waits for it.
  async next<C extends Case<F>>(
    kind: C,
    condition: (value: Value<F, C>) => boolean = () => true,
    options: { from?: number; timeoutMs?: number } = {},
  ): Promise<Value<F, C>> {
    let index = options.from ?? 0;
    const search = async (): Promise<Value<F, C>> => {
      for (;;) {
        for (; index < this.frames.length; ++index) {
          const frame = this.frames[index]!;
          if (frame.case === kind && condition(frame.value as Value<F, C>)) return frame.value as Value<F, C>;
        }
        if (this.ended !== undefined) throw new Error(`the stream ended: ${String(this.ended.error)}`);
        await this.change.raised;
      }
    };
    const search_ = search();
    try {
      return await within(`a frame "${String(kind)}"`, search_, options.timeoutMs);
    } catch (error) {
      search_.catch(() => {});
      throw new Error(`${String(error)}; frames so far: ${this.summary()}`);
    }
  }

  all<C extends Case<F>>(kind: C): Value<F, C>[] {
    return this.frames.flatMap((frame) => (frame.case === kind ? [frame.value as Value<F, C>] : []));
  }

  // The entries received so far, in the order of receipt.
  entries(): Entry[] {
    return this.all("entry" as Case<F>) as Entry[];
  }

  async entry(condition: (entry: Entry) => boolean, timeoutMs?: number): Promise<Entry> {
    return (await this.next("entry" as Case<F>, condition as never, { timeoutMs })) as Entry;
  }

  // The entry that a text, a note or another content with this body is.
  async said(body: string, timeoutMs?: number): Promise<Entry> {
    return await this.entry((entry) => bodyOf(entry) === body, timeoutMs);
  }

  summary(): string {
    return this.frames
      .map((frame) => (frame.case === "entry" ? `entry ${(frame.value as Entry).seq}` : String(frame.case)))
      .join(", ");
  }

  async close(): Promise<void> {
    this.stopper.abort();
    await this.pump;
  }

  // Waits until the server ends it; answers the error, undefined if there was none.
  async end(timeoutMs?: number): Promise<unknown> {
    await within("the stream to end", this.pump, timeoutMs);
    return this.ended!.error;
  }
}

export type BuyerStream = FrameStream<BuyerFrame>;
export type AgentStream = FrameStream<AgentFrame>;

export function buyerStream(
  clients: Clients,
  request: MessageInitShape<typeof BuyerSubscribeRequestSchema> = {},
): BuyerStream {
  return new FrameStream((signal) => clients.buyer.subscribe(request, { signal }));
}

export function agentStream(
  clients: Clients,
  request: MessageInitShape<typeof AgentSubscribeRequestSchema> = {},
): AgentStream {
  return new FrameStream((signal) => clients.agent.subscribe(request, { signal }));
}

// What another agent holds, as a copilot or a supervisor follows it.
export function followStream(clients: Clients, agent: string): AgentStream {
  return new FrameStream((signal) => clients.copilot.follow({ agent }, { signal }));
}

export function bodyOf(entry: Entry): string | undefined {
  const kind = entry.content?.kind;
  return kind?.case === "text" || kind?.case === "note" ? kind.value.body : undefined;
}

// The session as an agent's stream last showed it: of the snapshot, or a later change; waits until `condition` holds.
export async function heldSession(
  stream: AgentStream,
  session: string,
  condition: (session: Session) => boolean = () => true,
): Promise<Session> {
  const inSnapshot = (await stream.next("snapshot")).sessions.find((s) => s.session === session);
  if (inSnapshot !== undefined && condition(inSnapshot)) return inSnapshot;
  const change = await stream.next(
    "session",
    (changed) => changed.held && changed.session?.session === session && condition(changed.session),
  );
  return change.session!;
}

// What a correct client would hold: every entry once, in order, each joined to the one before by `prev_seq`.
export function chainFault(entries: Entry[], after = 0n): string | undefined {
  let last = after;
  for (const entry of entries) {
    if (entry.prevSeq !== last) return `entry ${entry.seq} follows ${entry.prevSeq}, but ${last} came before it`;
    if (entry.seq <= last) return `entry ${entry.seq} after ${last}`;
    last = entry.seq;
  }
  return undefined;
}
