// Where the buyer's session stands, as the stream tells it. Pure.

import { SystemLine_Kind, type Entry } from "../../gen/kefu/common/v1/entry_pb.js";
import type { BuyerSessionState, Parked, QueuePlace } from "../../gen/kefu/gateway/v1/buyer_pb.js";
import { Session_State } from "../../gen/kefu/gateway/v1/session_pb.js";
import { ordinalOf } from "../../shared/session_id.js";

// none: nothing was asked yet, or it ended in an earlier visit. kept: for later, the buyer was told when.
export type Standing =
  | { readonly is: "none" }
  | { readonly is: "waiting"; readonly session: string; readonly place: QueuePlace | undefined }
  | { readonly is: "kept"; readonly session: string; readonly parked: Parked }
  | { readonly is: "served"; readonly session: string; readonly agent: string }
  | { readonly is: "ended"; readonly session: string; readonly left: boolean };

export const nothing: Standing = { is: "none" };

export function standingOf(state: BuyerSessionState): Standing {
  const { session, place, parked } = state;
  switch (state.state) {
    case Session_State.WAITING:
    case Session_State.OFFERED:
      return parked ? { is: "kept", session, parked } : { is: "waiting", session, place };
    case Session_State.ACTIVE:
      return { is: "served", session, agent: state.agentDisplayName };
    // The agent's notes after the end are no matter of the buyer's.
    case Session_State.WRAP:
    case Session_State.CLOSED:
      return { is: "ended", session, left: false };
    case Session_State.ABANDONED:
      return { is: "ended", session, left: true };
    default:
      return nothing;
  }
}

// What the stream says next. That a session has ended says nothing of how, which the log may have told before.
export function afterState(standing: Standing, state: BuyerSessionState): Standing {
  const next = standingOf(state);
  const again = next.is === "ended" && standing.is === "ended" && next.session === standing.session;
  return again ? standing : next;
}

// The log may tell the end before the stream does, or alone; and it tells how.
export function afterEntry(standing: Standing, entry: Entry): Standing {
  const kind = entry.content?.kind;
  if (kind?.case !== "system" || kind.value.kind !== SystemLine_Kind.SESSION_CLOSED) return standing;
  if (standing.is !== "none" && ordinalOf(entry.session) < ordinalOf(standing.session)) return standing;
  const toldLeft = standing.is === "ended" && standing.session === entry.session && standing.left;
  const left = kind.value.parameters["reason"] === "abandoned" || toldLeft;
  return { is: "ended", session: entry.session, left };
}

// The session that takes messages; empty: the next message opens one.
export function openSession(standing: Standing): string {
  return standing.is === "none" || standing.is === "ended" ? "" : standing.session;
}
