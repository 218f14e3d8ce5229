// Which of my sessions are selected, to do something with all of them. Pure.

import { Session_State } from "../../../gen/kefu/gateway/v1/session_pb.js";
import type { Held } from "../../live/held.js";

export function canPick({ session, gone }: Held): boolean {
  return session.state === Session_State.ACTIVE && !gone;
}

// What ended or went to somebody else meanwhile is not among them.
export function pickedOf(sessions: readonly Held[], selected: ReadonlySet<string>): Held[] {
  return selected.size === 0 ? [] : sessions.filter((held) => canPick(held) && selected.has(held.session.session));
}

export function all(sessions: readonly Held[]): ReadonlySet<string> {
  return new Set(sessions.filter(canPick).map(({ session }) => session.session));
}

export function toggled(selected: ReadonlySet<string>, session: string): ReadonlySet<string> {
  const next = new Set(selected);
  if (!next.delete(session)) next.add(session);
  return next;
}
