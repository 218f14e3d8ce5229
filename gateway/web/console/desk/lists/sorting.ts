// The orders of the list. Pure.

import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Held } from "../../live/held.js";

export type Order = "waiting" | "newest" | "name";

const assigned = ({ session: { assignTime } }: Held): number => (assignTime ? timestampMs(assignTime) : 0);
// Whoever is answered comes after those who wait.
const waits = (held: Held): number => held.waitingSince?.getTime() ?? Infinity;

export function sorted(sessions: readonly Held[], order: Order): Held[] {
  const all = [...sessions];
  switch (order) {
    case "waiting":
      return all.sort((a, b) => compare(waits(a), waits(b)) || assigned(b) - assigned(a));
    case "newest":
      return all.sort((a, b) => assigned(b) - assigned(a));
    case "name":
      return all.sort((a, b) => a.session.buyerDisplayName.localeCompare(b.session.buyerDisplayName));
  }
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

// How urgent a wait is, in seconds: amber after one minute, red after three, which is what shops are measured by.
export function urgency(ms: number): "calm" | "soon" | "late" {
  return ms >= 180_000 ? "late" : ms >= 60_000 ? "soon" : "calm";
}
