// An entry in one line of text: for lists, quotes and screen readers.

import { SystemLine_Kind, type Entry, type SystemLine } from "../../gen/kefu/common/v1/entry_pb.js";
import { caseKind, caseState } from "../../shared/case_words.js";
import type { Language } from "../../shared/language.js";
import { momentText } from "../desk/times.js";
import { localeOf, text } from "../texts.js";

export function plainOf(language: Language, entry: Entry): string {
  if (entry.redacted) return text(language, "gone");
  const kind = entry.content?.kind;
  switch (kind?.case) {
    case "text":
    case "note":
      return kind.value.body;
    case "system":
      return systemText(language, kind.value);
    case "order":
      return `${text(language, "order")} ${kind.value.orderNumber}`;
    case "product":
      return `${text(language, "product_")} ${kind.value.title}`;
    case "parcel":
      return `${text(language, "parcel")} ${kind.value.trackingNumber}`;
    case "case":
      return `${text(language, "cases")} ${caseKind(language, kind.value.kind)} · ${caseState(language, kind.value.state)}`;
    case "rating":
      return `${text(language, "rated", { stars: kind.value.stars })} ${kind.value.comment}`.trim();
    case "recall":
      return text(language, "recalled");
    default:
      return text(language, "gone");
  }
}

// Programs may give reasons of their own: they are shown as they are.
// Why a session was closed, as the system said it.
export function closeReason(language: Language, reason: string): string {
  if (reason === "solved") return text(language, "solved");
  return reason === "abandoned" ? text(language, "leftTheQueue") : reason;
}

export function systemText(language: Language, { kind, parameters }: SystemLine): string {
  const name = parameters["display_name"] || text(language, "agent");
  const reason = parameters["reason"] ?? "";
  switch (kind) {
    case SystemLine_Kind.AGENT_JOINED:
      return text(language, "joined", { name });
    case SystemLine_Kind.SESSION_CLOSED:
      return text(language, "sessionClosed", { reason: closeReason(language, reason) });
    case SystemLine_Kind.SESSION_REOPENED:
      return text(language, "reopened");
    case SystemLine_Kind.WAITING_AGAIN:
      return text(language, "waitingAgain");
    case SystemLine_Kind.PARKED:
      return text(language, "parked", { time: momentText(localeOf(language), new Date(parameters["due_time"] ?? "")) });
    case SystemLine_Kind.OFFER_DECLINED:
      return text(language, "declined", { name, reason });
    case SystemLine_Kind.HELD:
      return text(language, "onHold");
    case SystemLine_Kind.PARCEL_DELIVERED:
      return text(language, "parcelDelivered", {
        carrier: parameters["carrier"] ?? "",
        number: parameters["tracking_number"] ?? "",
      });
    case SystemLine_Kind.AUTO_REPLY:
      return `${text(language, "autoReply")}: ${parameters["text"] ?? ""}`;
    default:
      return parameters["text"] ?? "";
  }
}
