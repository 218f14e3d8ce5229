// What an entry says, in words of the reader's language.

import { SystemLine_Kind, type Entry } from "../gen/kefu/common/v1/entry_pb.js";
import { caseKind, caseState } from "../shared/case_words.js";
import type { ConversationView } from "../shared/conversation.js";
import type { Language } from "../shared/language.js";
import { text } from "./texts.js";

export function entryText(language: Language, view: ConversationView, entry: Entry): string {
  if (view.isRecalled(entry.seq)) return text(language, "recalled");
  const kind = entry.content?.kind;
  switch (kind?.case) {
    case "text":
    case "note":
      return kind.value.body;
    case "recall":
      return text(language, "recalled");
    case "system":
      return systemText(language, kind.value.kind, kind.value.parameters);
    case "order":
      return text(language, "cardOrder", {
        number: kind.value.orderNumber,
        title: kind.value.title,
        status: kind.value.status,
      });
    case "product":
      return text(language, "cardProduct", { title: kind.value.title });
    case "parcel":
      return text(language, "cardParcel", {
        carrier: kind.value.carrier,
        number: kind.value.trackingNumber,
        status: kind.value.status,
      });
    case "case":
      return text(language, "cardCase", {
        number: kind.value.case,
        order: kind.value.orderNumber,
        kind: caseKind(language, kind.value.kind),
        state: caseState(language, kind.value.state),
      });
    case "rating":
      return text(language, "cardRating", { stars: kind.value.stars, comment: kind.value.comment });
    default:
      return text(language, "redacted");
  }
}

// A moment in the reader's own time.
export function clock(language: Language, time: Date): string {
  if (Number.isNaN(time.getTime())) return "";
  return time.toLocaleString(language === "zh" ? "zh-CN" : "en", { dateStyle: "short", timeStyle: "short" });
}

function systemText(language: Language, kind: SystemLine_Kind, parameters: Record<string, string>): string {
  switch (kind) {
    case SystemLine_Kind.AGENT_JOINED: {
      const name = parameters["display_name"] ?? "";
      return text(language, "systemAgentJoined", { name: name === "" ? text(language, "agent") : name });
    }
    case SystemLine_Kind.SESSION_CLOSED:
      return text(language, "systemClosed");
    case SystemLine_Kind.SESSION_REOPENED:
      return text(language, "systemReopened");
    case SystemLine_Kind.WAITING_AGAIN:
      return text(language, "systemWaitingAgain");
    case SystemLine_Kind.PARKED:
      return text(language, "systemParked", { time: clock(language, new Date(parameters["due_time"] ?? "")) });
    case SystemLine_Kind.OFFER_DECLINED:
      return text(language, "systemOfferDeclined", {
        name: parameters["display_name"] ?? "",
        reason: parameters["reason"] ?? "",
      });
    case SystemLine_Kind.PARCEL_DELIVERED:
      return text(language, "systemParcelDelivered", {
        carrier: parameters["carrier"] ?? "",
        number: parameters["tracking_number"] ?? "",
      });
    default:
      return parameters["text"] ?? "";
  }
}
