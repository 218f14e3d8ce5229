// A conversation on the screen: entries, what is on its way out, and the field to write in. Used by both panes.

import { Sender_Kind, type Entry } from "../gen/kefu/common/v1/entry_pb.js";
import type { ConversationView } from "../shared/conversation.js";
import type { Language } from "../shared/language.js";
import type { Outgoing } from "../shared/outbox.js";
import { button, element, replaceChildren, setText } from "../shared/dom.js";
import { entryText } from "./entry_text.js";
import { problemText, text, type TextKey } from "./texts.js";

// What one pane writes: plain text, or a note that stays inside the shop.
export interface Draft {
  readonly body: string;
  readonly note: boolean;
}

export interface ThreadContent {
  readonly view: ConversationView;
  readonly outgoing: readonly Outgoing<Draft>[];
  readonly otherTyping: boolean;
}

export interface ThreadActions {
  send(draft: Draft): void;
  retry(requestId: string): void;
  discard(requestId: string): void;
  typed(body: string): void;
}

const tickTexts = {
  acknowledged: "tickAcknowledged",
  delivered: "tickDelivered",
  read: "tickRead",
} as const satisfies Record<string, TextKey>;
const tickSigns = { acknowledged: "✓", delivered: "✓✓", read: "✓✓" } as const;

const timeFormat = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

export class Thread {
  readonly root: HTMLElement;
  private readonly list = element("ol", { class: "entries" });
  private readonly log: HTMLElement;
  private readonly typing = element("p", { class: "typing" });
  private readonly field: HTMLTextAreaElement;
  private readonly label: HTMLLabelElement;
  private readonly sendButton = element("button", { type: "submit", class: "primary" });
  private readonly noteButton: HTMLButtonElement | undefined;
  // The person looks at the end, and is kept there when more comes or the room changes.
  private pinned = true;
  // Rows by what they show, so that an unchanged row keeps its element.
  private rows = new Map<string, HTMLLIElement>();

  constructor(
    name: string,
    private readonly self: Sender_Kind,
    private readonly actions: ThreadActions,
  ) {
    const id = `${name}-message`;
    this.field = element("textarea", { id, rows: "2", name: "message" });
    this.label = element("label", { for: id, class: "hidden" });
    if (self === Sender_Kind.AGENT) this.noteButton = button("", () => this.submit(true), { class: "note-button" });
    const form = element("form", { class: "compose" }, this.label, this.field, this.sendButton, this.noteButton);
    this.log = element("div", { class: "log", role: "log", "aria-live": "polite" }, this.list);
    this.root = element("div", { class: "thread" }, this.log, this.typing, form);
    this.log.tabIndex = 0;
    this.log.addEventListener("scroll", () => {
      this.pinned = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 40;
    });
    new ResizeObserver(() => this.keepAtEnd()).observe(this.log);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit(false);
    });
    this.field.addEventListener("input", () => actions.typed(this.field.value));
    this.field.addEventListener("blur", () => actions.typed(""));
    this.field.addEventListener("keydown", (event) => {
      // While an input method composes a word, Enter belongs to it.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.submit(false);
    });
  }

  focus(): void {
    this.field.focus();
  }

  show(language: Language, content: ThreadContent): void {
    setText(this.label, text(language, "message"));
    this.field.placeholder = text(language, "messageHint");
    setText(this.sendButton, text(language, "send"));
    if (this.noteButton) setText(this.noteButton, text(language, "note"));
    this.log.setAttribute("aria-label", text(language, "conversation"));
    setText(this.typing, content.otherTyping ? text(language, "otherTyping") : "");
    this.showRows([
      ...content.view.entries.map((entry) => this.entryRow(language, content.view, entry)),
      ...content.outgoing.map((item) => this.outgoingRow(language, item)),
    ]);
  }

  private submit(note: boolean): void {
    const body = this.field.value.trim();
    if (body === "") return;
    this.field.value = "";
    this.actions.typed("");
    this.actions.send({ body, note });
    this.field.focus();
  }

  private showRows(rows: readonly Row[]): void {
    const kept = new Map<string, HTMLLIElement>();
    for (const row of rows) kept.set(row.shows, this.rows.get(row.shows) ?? row.build());
    this.rows = kept;
    replaceChildren(this.list, [...kept.values()]);
    this.keepAtEnd();
  }

  private keepAtEnd(): void {
    if (this.pinned) this.log.scrollTop = this.log.scrollHeight;
  }

  private entryRow(language: Language, view: ConversationView, entry: Entry): Row {
    const sender = entry.sender?.kind ?? Sender_Kind.UNSPECIFIED;
    const mine = sender === this.self;
    const note = entry.content?.kind.case === "note";
    const other = this.self === Sender_Kind.BUYER ? Sender_Kind.AGENT : Sender_Kind.BUYER;
    const tick = mine && !note ? view.tick(entry.seq, other) : undefined;
    const body = entryText(language, view, entry);
    const system = sender === Sender_Kind.SYSTEM || sender === Sender_Kind.UNSPECIFIED;
    const time = entry.createTime ? timeFormat.format(Number(entry.createTime.seconds) * 1000) : "";
    return {
      shows: JSON.stringify([language, String(entry.seq), tick, body]),
      build: () =>
        element(
          "li",
          {
            class: system ? "entry system" : note ? "entry note" : mine ? "entry mine" : "entry theirs",
            "data-seq": String(entry.seq),
            ...(tick ? { "data-tick": tick } : {}),
          },
          system ? undefined : element("span", { class: "who" }, senderName(language, entry, mine)),
          note ? element("span", { class: "tag" }, text(language, "noteLabel")) : undefined,
          element("span", { class: "body" }, body),
          element("span", { class: "time" }, time),
          tick ? tickMark(language, tick) : undefined,
        ),
    };
  }

  private outgoingRow(language: Language, item: Outgoing<Draft>): Row {
    const failed = item.state === "failed";
    const acknowledged = item.state === "acknowledged";
    const key = failed ? "tickFailed" : acknowledged ? "tickAcknowledged" : "tickSending";
    const problem = item.problem ? problemText(language, item.problem) : undefined;
    return {
      shows: JSON.stringify([language, item.requestId, item.state, problem]),
      build: () =>
        element(
          "li",
          { class: item.payload.note ? "entry note" : "entry mine", "data-tick": item.state },
          element("span", { class: "who" }, text(language, "you")),
          element("span", { class: "body" }, item.payload.body),
          element("span", { class: failed ? "tick failed" : "tick" }, text(language, key)),
          problem ? element("span", { class: "problem", role: "alert" }, problem) : undefined,
          failed ? button(text(language, "retry"), () => this.actions.retry(item.requestId)) : undefined,
          failed ? button(text(language, "discard"), () => this.actions.discard(item.requestId)) : undefined,
        ),
    };
  }
}

interface Row {
  readonly shows: string;
  build(): HTMLLIElement;
}

function tickMark(language: Language, tick: keyof typeof tickTexts): HTMLElement {
  const label = text(language, tickTexts[tick]);
  return element("span", { class: `tick ${tick}`, title: label }, `${tickSigns[tick]} ${label}`);
}

function senderName(language: Language, entry: Entry, mine: boolean): string {
  if (mine) return text(language, "you");
  const name = entry.sender?.displayName ?? "";
  if (name !== "") return name;
  return text(language, entry.sender?.kind === Sender_Kind.BUYER ? "buyer" : "agent");
}
