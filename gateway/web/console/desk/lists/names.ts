// How a session is called and what state it is in.

import { Category, Priority } from "../../../gen/kefu/common/v1/entry_pb.js";
import { Session_State, type Session } from "../../../gen/kefu/gateway/v1/session_pb.js";
import type { Say, TextKey } from "../../texts.js";

export function nameOf(say: Say, { buyer, buyerDisplayName }: Session): string {
  return buyerDisplayName !== "" ? buyerDisplayName : `${say("buyer")} ${buyer.slice(-6)}`;
}

export function stateKey({ state, held }: Session): TextKey {
  switch (state) {
    case Session_State.WAITING:
      return "waiting";
    case Session_State.OFFERED:
      return "offered";
    case Session_State.ACTIVE:
      return held ? "held" : "active";
    case Session_State.WRAP:
      return "wrap";
    default:
      return "closed";
  }
}

export function rankKey({ opening }: Session): TextKey | undefined {
  if (opening?.priority === Priority.VIP) return "vip";
  return opening?.priority === Priority.MEMBER ? "member" : undefined;
}

// The number of the order that it is about: empty if only that much is known, absent if it is about something else.
export function aboutOrder({ opening, triage }: Session): string | undefined {
  const number = opening?.page?.orderNumber ?? "";
  const category = triage?.category || opening?.category;
  return number !== "" || category === Category.ORDER ? number : undefined;
}
