// A consult's thread among the entries of its conversation. Pure.

import { Sender_Kind, type Entry } from "../../../gen/kefu/common/v1/entry_pb.js";

// How it began.
export function questionIn(entries: readonly Entry[], consult: string): Entry | undefined {
  return entries.find(({ content }) => content?.kind.case === "note" && content.kind.value.consult === consult);
}

// The buyer's name, as it stands beside what was said; empty if there is none.
export function buyerIn(entries: readonly Entry[]): string {
  return entries.findLast(({ sender }) => sender?.kind === Sender_Kind.BUYER && sender.displayName !== "")?.sender?.displayName ?? "";
}
