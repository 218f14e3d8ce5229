// A conversation as one stream delivered it: raw, so that what came twice, late or not at all shows. The client only
// does what the protocol tells it to: a resync takes back what comes after `keep_seq`.
import type { Entry } from "../../gen/kefu/common/v1/entry_pb.js";
import type { ResumeToken, Resync } from "../../gen/kefu/gateway/v1/buyer_pb.js";
import { listing } from "./history.js";

export class View {
  entries: Entry[] = [];

  constructor(
    readonly conversation: string,
    public storeEpoch: bigint,
  ) {}

  get last(): bigint {
    return this.entries.at(-1)?.seq ?? 0n;
  }

  take(entry: Entry): void {
    this.entries.push(entry);
  }

  resync({ storeEpoch, keepSeq }: Resync): void {
    this.storeEpoch = storeEpoch;
    this.entries = this.entries.filter((entry) => entry.seq <= keepSeq);
  }

  clear(): void {
    this.entries = [];
  }

  token(): Omit<ResumeToken, "$typeName"> {
    return { storeEpoch: this.storeEpoch, conversation: this.conversation, seq: this.last };
  }

  listing() {
    return listing(this.entries);
  }
}
