// What an entry says, as nodes. Whatever people or programs wrote becomes text; only http(s) addresses become links.

import { SystemLine_Kind, type Entry, type Rating } from "../../gen/kefu/common/v1/entry_pb.js";
import type { Money } from "../../gen/kefu/common/v1/money_pb.js";
import { caseKind, caseState } from "../../shared/case_words.js";
import type { ConversationView } from "../../shared/conversation.js";
import { element } from "../../shared/dom.js";
import type { Language } from "../../shared/language.js";
import { safeHref, splitLinks } from "../../shared/links.js";
import { moneyText } from "../../shared/money.js";
import { localeOf, text } from "../texts.js";
import { icon, type IconName } from "./icons.js";
import { starText } from "./rating_form.js";

export interface Said {
  readonly form: "words" | "card" | "system" | "gone";
  readonly nodes: readonly Node[];
}

// Undefined: nothing to show, as for a recall, which is shown at the message taken back.
export function said(language: Language, view: ConversationView, entry: Entry): Said | undefined {
  const kind = entry.content?.kind;
  if (kind?.case === "recall") return undefined;
  if (view.isRecalled(entry.seq)) return gone(text(language, "recalled"));
  switch (kind?.case) {
    case "text":
      return { form: "words", nodes: words(language, kind.value.body) };
    case "system": {
      const line = systemText(language, kind.value.kind, kind.value.parameters);
      return line === "" ? undefined : { form: "system", nodes: words(language, line) };
    }
    case "product":
      return card(language, "product", kind.value.title, [amount(language, kind.value.price)], kind.value.url);
    case "order": {
      const { orderNumber, title, status, total, url } = kind.value;
      return card(language, "order", orderNumber, [title, status, amount(language, total)], url);
    }
    case "parcel": {
      const { carrier, trackingNumber, status, url } = kind.value;
      return card(language, "parcel", trackingNumber, [carrier, status], url);
    }
    case "case": {
      const { orderNumber, refund } = kind.value;
      const back = refund && refund.minorUnits > 0n ? text(language, "refund", { amount: amount(language, refund) }) : "";
      const of = orderNumber === "" ? "" : text(language, "ofOrder", { number: orderNumber });
      const state = `${caseKind(language, kind.value.kind)} · ${caseState(language, kind.value.state)}`;
      return card(language, "case", kind.value.case, [state, of, back], "");
    }
    case "rating":
      return { form: "words", nodes: ratingNodes(language, kind.value) };
    default:
      return gone(text(language, "gone"));
  }
}

// A line for screen readers and quotes.
export function plain(said: Said): string {
  return said.nodes.map((node) => node.textContent ?? "").join(" ").trim();
}

export function words(language: Language, body: string): Node[] {
  return splitLinks(body).map((part) =>
    part.href === undefined ? document.createTextNode(part.text) : link(language, part.text, part.href),
  );
}

export function clock(language: Language, time: Date, style: "time" | "moment"): string {
  if (Number.isNaN(time.getTime())) return "";
  const sameDay = new Date().toDateString() === time.toDateString();
  const day: Intl.DateTimeFormatOptions = style === "time" || sameDay ? {} : { month: "short", day: "numeric", weekday: "short" };
  return new Intl.DateTimeFormat(localeOf(language), { ...day, hour: "2-digit", minute: "2-digit" }).format(time);
}

function ratingNodes(language: Language, { stars, comment }: Rating): Node[] {
  return [
    element("span", { "aria-hidden": "true" }, starText(stars)),
    element("span", { class: "hidden" }, text(language, "stars", { stars })),
    ...(comment === "" ? [] : [document.createTextNode("\n"), ...words(language, comment)]),
  ];
}

function gone(line: string): Said {
  return { form: "gone", nodes: [document.createTextNode(line)] };
}

function link(language: Language, label: string, href: string): HTMLAnchorElement {
  const note = element("span", { class: "hidden" }, ` ${text(language, "opensNewWindow")}`);
  return element("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, label, note);
}

function amount(language: Language, money: Money | undefined): string {
  return money ? moneyText(localeOf(language), money.currency, money.minorUnits) : "";
}

const cardNames = { order: "order", product: "product", parcel: "parcel", case: "afterSales" } as const;

function card(language: Language, name: IconName & keyof typeof cardNames, title: string, facts: string[], url: string): Said {
  const href = safeHref(url);
  const node = element(
    "div",
    { class: "card", "data-card": name },
    element("div", { class: "card-icon" }, icon(name)),
    element(
      "div",
      { class: "card-text" },
      element("p", { class: "card-name" }, text(language, cardNames[name])),
      element("p", { class: "card-title", dir: "auto" }, title),
      ...facts.filter((fact) => fact !== "").map((fact) => element("p", { class: "card-fact", dir: "auto" }, fact)),
      href === undefined ? undefined : element("p", { class: "card-link" }, link(language, text(language, "open"), href)),
    ),
  );
  return { form: "card", nodes: [node] };
}

function systemText(language: Language, kind: SystemLine_Kind, parameters: Readonly<Record<string, string>>): string {
  const name = parameters["display_name"] ?? "";
  switch (kind) {
    case SystemLine_Kind.AGENT_JOINED:
      return text(language, "joined", { name: name === "" ? text(language, "agent") : name });
    case SystemLine_Kind.SESSION_CLOSED:
      return text(language, "closed");
    case SystemLine_Kind.SESSION_REOPENED:
      return text(language, "reopened");
    case SystemLine_Kind.WAITING_AGAIN:
      return text(language, "waitingAgain");
    case SystemLine_Kind.PARKED: {
      const time = clock(language, new Date(parameters["due_time"] ?? ""), "moment");
      return time === "" ? text(language, "keptNoTime") : text(language, "kept", { time });
    }
    case SystemLine_Kind.PARCEL_DELIVERED:
      return text(language, "parcelDelivered", {
        carrier: parameters["carrier"] ?? "",
        number: parameters["tracking_number"] ?? "",
      });
    default:
      return parameters["text"] ?? "";
  }
}
