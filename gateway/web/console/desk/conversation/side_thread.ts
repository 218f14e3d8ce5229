// A consult's thread among the entries of its conversation. Pure.

import { Sender_Kind, type Entry } from "../../../gen/kefu/common/v1/entry_pb.js";
import type { Say } from "../../texts.js";

// How it began.
export function questionIn(entries: readonly Entry[], consult: string): Entry | undefined {
  return entries.find(({ content }) => content?.kind.case === "note" && content.kind.value.consult === consult);
}

// How the buyer is called beside what was said, as a session's row has it.
export function buyerIn(say: Say, entries: readonly Entry[]): string {
  const buyer = entries.findLast(({ sender }) => sender?.kind === Sender_Kind.BUYER)?.sender;
  return buyer?.displayName || `${say("buyer")} ${buyer?.id.slice(-6) ?? ""}`.trim();
}
