// How a session is called and what state it is in.

import { Priority } from "../../../gen/kefu/common/v1/entry_pb.js";
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

// What it is about, if that is an order.
export function orderOf({ opening }: Session): string | undefined {
  return opening?.page?.orderNumber || undefined;
}

export function rankKey({ opening }: Session): TextKey | undefined {
  if (opening?.priority === Priority.VIP) return "vip";
  return opening?.priority === Priority.MEMBER ? "member" : undefined;
}
