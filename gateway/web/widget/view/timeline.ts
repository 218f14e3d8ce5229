// The conversation on the screen: entries, and what is on its way out.

import { timestampDate } from "@bufbuild/protobuf/wkt";
import { Sender_Kind, type Entry } from "../../gen/kefu/common/v1/entry_pb.js";
import type { ConversationView } from "../../shared/conversation.js";
import { button, element, replaceChildren, setText } from "../../shared/dom.js";
import type { Language } from "../../shared/language.js";
import { moneyText } from "../../shared/money.js";
import type { Outgoing } from "../../shared/outbox.js";
import type { Draft } from "../chat/drafts.js";
import { localeOf, problemText, text, type TextKey } from "../texts.js";
import { clock, plain, said, words } from "./says.js";

export interface TimelineContent {
  readonly view: ConversationView;
  readonly outgoing: readonly Outgoing<Draft>[];
  // Who types now; undefined: nobody.
  readonly typing: string | undefined;
}

export interface TimelineActions {
  retry(requestId: string): void;
  discard(requestId: string): void;
}

// `shows` is all that the row says but its tick, which changes in place: a row made anew would be read out again.
interface Row {
  readonly shows: string;
  readonly tick: TickName | undefined;
  build(): HTMLLIElement;
}

// From this close to the end on, the end stays in sight when more comes.
const nearEnd = 60;

export class Timeline {
  readonly root: HTMLElement;
  private readonly list = element("ol", { class: "entries" });
  private readonly typing = element("p", { class: "typing" });
  private pinned = true;
  // By what they show, so that an unchanged row keeps its element.
  private rows = new Map<string, HTMLLIElement>();

  constructor(private readonly actions: TimelineActions) {
    const attributes = { class: "log", role: "log", "aria-live": "polite", "aria-relevant": "additions", tabindex: "0" };
    this.root = element("div", attributes, this.list, this.typing);
    this.root.addEventListener("scroll", () => {
      this.pinned = this.root.scrollHeight - this.root.scrollTop - this.root.clientHeight < nearEnd;
    });
    new ResizeObserver(() => this.keepAtEnd()).observe(this.root);
  }

  // The buyer has just written, or just opened the panel: the end is what matters.
  toEnd(): void {
    this.pinned = true;
    this.keepAtEnd();
  }

  show(language: Language, content: TimelineContent): void {
    this.root.setAttribute("aria-label", text(language, "conversation"));
    const { view } = content;
    const rows = view.entries.flatMap((entry) => this.entryRow(language, view, entry) ?? []);
    rows.push(...content.outgoing.map((item) => this.outgoingRow(language, item)));
    const kept = new Map<string, HTMLLIElement>();
    for (const row of rows) {
      const item = this.rows.get(row.shows) ?? row.build();
      if (row.tick) showTick(item, language, row.tick);
      kept.set(row.shows, item);
    }
    this.rows = kept;
    replaceChildren(this.list, [...kept.values()]);
    setText(this.typing, typingText(language, content.typing));
    this.keepAtEnd();
  }

  private keepAtEnd(): void {
    if (this.pinned) this.root.scrollTop = this.root.scrollHeight;
  }

  private entryRow(language: Language, view: ConversationView, entry: Entry): Row | undefined {
    const content = said(language, view, entry);
    if (!content) return undefined;
    const mine = entry.sender?.kind === Sender_Kind.BUYER;
    const system = content.form === "system";
    const tick = mine && content.form !== "gone" ? view.tick(entry.seq, Sender_Kind.AGENT) : undefined;
    const time = entry.createTime ? clock(language, timestampDate(entry.createTime), "moment") : "";
    const quoted = quote(language, view, entry);
    return {
      shows: JSON.stringify([language, view.conversation, String(entry.seq), content.form, plain(content)]),
      tick,
      build: () =>
        element(
          "li",
          { class: `entry ${system ? "system" : mine ? "mine" : "theirs"} ${content.form}`, "data-seq": String(entry.seq) },
          system ? undefined : who(language, mine, entry),
          quoted === "" ? undefined : element("blockquote", { class: "quote", dir: "auto" }, quoted),
          element("div", { class: "body", dir: "auto" }, ...content.nodes),
          element("p", { class: "about" }, element("span", { class: "time" }, time), mine ? tickMark() : undefined),
        ),
    };
  }

  private outgoingRow(language: Language, item: Outgoing<Draft>): Row {
    const { requestId, payload } = item;
    const problem = item.problem ? problemText(language, item.problem) : "";
    return {
      shows: JSON.stringify([language, requestId, item.state === "failed", problem]),
      tick: item.state,
      build: () =>
        element(
          "li",
          { class: "entry mine words" },
          who(language, true),
          element("div", { class: "body", dir: "auto" }, ...draftNodes(language, payload)),
          element("p", { class: "about" }, tickMark()),
          item.state === "failed" ? this.failure(language, requestId, problem) : undefined,
        ),
    };
  }

  private failure(language: Language, requestId: string, problem: string): HTMLElement {
    return element(
      "div",
      { class: "failure" },
      element("span", { role: "alert" }, problem),
      button(text(language, "retry"), () => this.actions.retry(requestId), { class: "small" }),
      button(text(language, "discard"), () => this.actions.discard(requestId), { class: "small" }),
    );
  }
}

function draftNodes(language: Language, { body, card }: Draft): Node[] {
  if (!card) return words(language, body);
  const price = card.price ? moneyText(localeOf(language), card.price.currency, BigInt(card.price.minorUnits)) : "";
  return [document.createTextNode(`${text(language, "product")} · ${card.title} ${price}`)];
}

const states = {
  sending: ["sending", "…"],
  acknowledged: ["acknowledged", "✓"],
  delivered: ["delivered", "✓✓"],
  read: ["read", "✓✓"],
  failed: ["failed", "!"],
} as const satisfies Record<string, readonly [TextKey, string]>;

type TickName = keyof typeof states;

// The sign for the eye, the word for everybody.
function tickMark(): HTMLElement {
  return element("span", { class: "tick" }, element("span", { class: "sign", "aria-hidden": "true" }, " "), element("span", { class: "word" }, " "));
}

function showTick(row: HTMLElement, language: Language, name: TickName): void {
  const [key, sign] = states[name];
  row.dataset["tick"] = name;
  replaceText(row.querySelector(".sign"), sign);
  replaceText(row.querySelector(".word"), text(language, key));
}

function replaceText(node: Element | null, value: string): void {
  if (node?.firstChild && node.firstChild.nodeValue !== value) node.firstChild.nodeValue = value;
}

function who(language: Language, mine: boolean, entry?: Entry): HTMLElement {
  if (mine) return element("span", { class: "who hidden" }, text(language, "you"));
  return element("span", { class: "who" }, entry?.sender?.displayName || text(language, "agent"));
}

function quote(language: Language, view: ConversationView, entry: Entry): string {
  const seq = entry.content?.quotedSeq ?? 0n;
  const quoted = seq > 0n ? view.entries.find((other) => other.seq === seq) : undefined;
  const content = quoted ? said(language, view, quoted) : undefined;
  return content ? plain(content) : "";
}

function typingText(language: Language, name: string | undefined): string {
  if (name === undefined) return "";
  return name === "" ? text(language, "someAgentTyping") : text(language, "agentTyping", { name });
}
