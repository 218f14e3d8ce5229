// What there is to say of a session that has ended. Pure.

import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Sender_Kind, SystemLine_Kind, type Entry } from "../../gen/kefu/common/v1/entry_pb.js";
import type { Standing } from "./standing.js";

// none: there is nothing to rate. due: the buyer is asked. given: the last one counts.
export type Rated = { readonly is: "none" } | { readonly is: "due" } | { readonly is: "given"; readonly stars: number };

const none: Rated = { is: "none" };
const askedForMs = 24 * 3600 * 1000;

// Asked is who was answered by somebody, for a day after the end.
export function ratedOf(standing: Standing, entries: readonly Entry[], nowMs: number): Rated {
  if (standing.is !== "ended") return none;
  let answered = false;
  let endedMs: number | undefined;
  let stars = 0;
  for (const entry of entries) {
    if (entry.session !== standing.session) continue;
    const kind = entry.content?.kind;
    if (entry.sender?.kind === Sender_Kind.AGENT) answered = true;
    if (kind?.case === "rating") stars = kind.value.stars;
    if (kind?.case === "system" && kind.value.kind === SystemLine_Kind.SESSION_CLOSED && entry.createTime) {
      endedMs = timestampMs(entry.createTime);
    }
  }
  if (stars > 0) return { is: "given", stars };
  return answered && endedMs !== undefined && nowMs - endedMs < askedForMs ? { is: "due" } : none;
}
