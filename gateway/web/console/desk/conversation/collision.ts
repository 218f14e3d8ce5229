// Who of the staff has a hand in my session beside me. Pure.

import { timestampMs, type Timestamp } from "@bufbuild/protobuf/wkt";
import { Sender_Kind, type Entry } from "../../../gen/kefu/common/v1/entry_pb.js";

// The name of a colleague who wrote after my last word, since the session is mine: a note, or before somebody took it
// from me. Side threads of consults have a notice of their own.
export function otherWriter(entries: readonly Entry[], me: string | undefined, mineSince: Timestamp | undefined): string | undefined {
  const since = mineSince ? timestampMs(mineSince) : 0;
  const last = entries.findLast(
    ({ sender, content, createTime }) =>
      sender?.kind === Sender_Kind.AGENT &&
      !(content?.kind.case === "note" && content.kind.value.consult !== "") &&
      (createTime ? timestampMs(createTime) : 0) > since,
  );
  return last && last.sender?.id !== me ? last.sender?.displayName : undefined;
}
