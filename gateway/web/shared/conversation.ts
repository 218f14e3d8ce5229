// One participant's view of a conversation: the entries in order, where the view ends, how far the others have got.
// Pure: it decides what a frame means; fetching what is missing is the caller's business.

import { create } from "@bufbuild/protobuf";
import { Sender_Kind, type Entry, type Marks } from "../gen/kefu/common/v1/entry_pb.js";
import { ResumeTokenSchema, type Resync, type ResumeToken } from "../gen/kefu/gateway/v1/buyer_pb.js";

// added: it continues the view. duplicate: the view has it. gap: something before it is missing; fetch the entries
// after lastSeq and accept those first.
export type Accepted = "added" | "duplicate" | "gap";

export type Tick = "acknowledged" | "delivered" | "read";

interface Progress {
  delivered: bigint;
  read: bigint;
}

export class ConversationView {
  private list: Entry[] = [];
  private progress = new Map<Sender_Kind, Progress>();
  private recalled = new Set<bigint>();
  private requests = new Set<string>();
  storeEpoch = 0n;

  // `fromStart`: the view begins with the conversation's first entry; else with whichever comes first (an agent sees
  // a session from its own first entry on).
  constructor(
    readonly conversation: string,
    private readonly fromStart: boolean,
  ) {}

  get entries(): readonly Entry[] {
    return this.list;
  }

  get lastSeq(): bigint {
    return this.list.at(-1)?.seq ?? 0n;
  }

  accept(entry: Entry): Accepted {
    if (entry.seq <= this.lastSeq) return "duplicate";
    const anyStart = this.list.length === 0 && !this.fromStart;
    if (!anyStart && entry.prevSeq !== this.lastSeq) return "gap";
    this.list.push(entry);
    this.requests.add(entry.requestId);
    if (entry.content?.kind.case === "recall") this.recalled.add(entry.content.kind.value.recalledSeq);
    return "added";
  }

  // The message sent under this request id has come back as an entry.
  hasRequest(requestId: string): boolean {
    return this.requests.has(requestId);
  }

  isRecalled(seq: bigint): boolean {
    return this.recalled.has(seq);
  }

  // Marks of any participant of a party count for the party, and never go back.
  move(marks: Marks): void {
    const known = this.progress.get(marks.party) ?? { delivered: 0n, read: 0n };
    this.progress.set(marks.party, {
      delivered: max(known.delivered, marks.deliveredSeq, marks.readSeq),
      read: max(known.read, marks.readSeq),
    });
  }

  // How far an entry has got with the party it was written for.
  tick(seq: bigint, otherParty: Sender_Kind): Tick {
    const other = this.progress.get(otherParty);
    if (other && other.read >= seq) return "read";
    if (other && other.delivered >= seq) return "delivered";
    return "acknowledged";
  }

  // Forgets what the server says may no longer be so; the stream goes on from there.
  resync(resync: Resync): void {
    this.list = this.list.filter((entry) => entry.seq <= resync.keepSeq);
    this.requests = new Set(this.list.map((entry) => entry.requestId));
    this.storeEpoch = resync.storeEpoch;
  }

  resumeToken(): ResumeToken {
    return create(ResumeTokenSchema, {
      storeEpoch: this.storeEpoch,
      conversation: this.conversation,
      seq: this.lastSeq,
    });
  }
}

function max(...values: bigint[]): bigint {
  return values.reduce((a, b) => (a > b ? a : b));
}

// Accepts an entry, fetching what is missing before it, page by page. `fetchAfter` returns entries after a seq, oldest
// first, as this participant may see them.
export async function acceptOrFill(
  view: ConversationView,
  entry: Entry,
  fetchAfter: (seq: bigint) => Promise<readonly Entry[]>,
): Promise<void> {
  while (view.accept(entry) === "gap") {
    const before = view.lastSeq;
    for (const missing of await fetchAfter(before)) view.accept(missing);
    if (view.lastSeq === before) {
      throw new Error(`entry ${entry.seq} follows ${entry.prevSeq}, but nothing follows ${before}`);
    }
  }
}
