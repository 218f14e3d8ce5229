// The open widget: header, conversation, standing, composer. A dialog beside the page; on a phone it covers the page, and
// keeps the focus for as long as it does.

import { Category } from "../../gen/kefu/common/v1/entry_pb.js";
import { button, element, replaceChildren, setText } from "../../shared/dom.js";
import type { Language } from "../../shared/language.js";
import type { Problem } from "../../shared/problem.js";
import type { Chat } from "../chat/chat.js";
import { ratedOf } from "../chat/rating.js";
import { openSession } from "../chat/standing.js";
import type { ProductInfo } from "../page.js";
import { text } from "../texts.js";
import { Composer, type ComposerActions } from "./composer.js";
import { icon } from "./icons.js";
import { StandingView, type StandingActions } from "./standing_view.js";
import { Start, type StartActions } from "./start.js";
import { Timeline, type TimelineActions } from "./timeline.js";

export interface PanelActions extends ComposerActions, StartActions, StandingActions, TimelineActions {
  close(): void;
  switchLanguage(): void;
}

export interface PanelContent {
  readonly chat: Chat;
  readonly category: Category;
  // The product of the page, unless it was sent already.
  readonly card: ProductInfo | undefined;
  // What the last action of the buyer's ran into.
  readonly problem: Problem | undefined;
  readonly busy: boolean;
}

export class Panel {
  readonly root: HTMLElement;
  readonly composer: Composer;
  private readonly title = element("h2", { id: "title", class: "title" });
  private readonly link = element("p", { class: "link", role: "status" });
  private readonly languageButton: HTMLButtonElement;
  private readonly closeButton: HTMLButtonElement;
  private readonly main = element("div", { class: "main" });
  private readonly timeline: Timeline;
  private readonly start: Start;
  private readonly standing: StandingView;
  private readonly whole = matchMedia("(max-width: 480px)");

  constructor(private readonly actions: PanelActions, changed: () => void) {
    this.timeline = new Timeline(actions);
    this.start = new Start(actions);
    this.standing = new StandingView(actions, changed);
    this.composer = new Composer(actions);
    this.languageButton = button("", () => actions.switchLanguage(), { class: "bar-button switch-language" });
    this.closeButton = button("", () => actions.close(), { class: "bar-button close" });
    this.closeButton.append(icon("close"));
    const bar = element("header", { class: "bar" }, this.title, this.languageButton, this.closeButton);
    const attributes = { class: "panel", role: "dialog", "aria-labelledby": "title", tabindex: "-1" };
    this.root = element("div", attributes, bar, this.link, this.main, this.standing.root, this.composer.root);
    this.root.addEventListener("keydown", (event) => this.onKey(event));
    this.whole.addEventListener("change", () => this.setModal());
    this.setModal();
    followKeyboard(this.root);
  }

  // With the keyboard of a phone out of the way until it is wanted.
  focus(): void {
    if (this.whole.matches) this.root.focus({ preventScroll: true });
    else this.composer.focus();
    this.timeline.toEnd();
  }

  toEnd(): void {
    this.timeline.toEnd();
  }

  show(language: Language, { chat, category, card, problem, busy }: PanelContent): void {
    setText(this.title, text(language, "title"));
    this.closeButton.setAttribute("aria-label", text(language, "close"));
    setText(this.languageButton, language === "zh" ? "EN" : "中");
    this.languageButton.setAttribute("aria-label", text(language, "switchLanguage"));
    this.languageButton.lang = language === "zh" ? "en" : "zh-CN";
    setText(this.link, linkText(language, chat));
    const said = chat.view.entries.length > 0;
    const outgoing = chat.outbox.messages;
    const asking = openSession(chat.standing) !== "" || outgoing.length > 0;
    const rated = ratedOf(chat.standing, chat.view.entries, Date.now());
    // One question at a time.
    const busyElsewhere = asking || rated.is === "due" || chat.link === "connecting";
    replaceChildren(this.main, [
      ...(said || outgoing.length > 0 ? [this.timeline.root] : []),
      ...(busyElsewhere ? [] : [this.start.root]),
    ]);
    this.start.show(language, category, said);
    const typing = chat.agentTyping.typing ? (chat.standing.is === "served" ? chat.standing.agent : "") : undefined;
    this.timeline.show(language, { view: chat.view, outgoing, typing });
    this.standing.show(language, chat.standing, rated, problem ?? chat.problem, busy);
    this.composer.show(language, card);
    this.composer.root.hidden = this.standing.isWriting;
  }

  private setModal(): void {
    if (this.whole.matches) this.root.setAttribute("aria-modal", "true");
    else this.root.removeAttribute("aria-modal");
  }

  private onKey(event: KeyboardEvent): void {
    // The page's own shortcuts are not meant while somebody writes here.
    event.stopPropagation();
    if (event.key === "Escape" && !event.isComposing) {
      this.actions.close();
    } else if (event.key === "Tab" && this.whole.matches) {
      this.keepFocus(event);
    }
  }

  private keepFocus(event: KeyboardEvent): void {
    const stops = [...this.root.querySelectorAll<HTMLElement>("button, textarea, select, a[href], [tabindex='0']")].filter(
      (node) => !node.matches(":disabled") && node.getClientRects().length > 0,
    );
    const active = (this.root.getRootNode() as ShadowRoot).activeElement;
    const edge = event.shiftKey ? stops.at(0) : stops.at(-1);
    if (active !== edge && active !== this.root) return;
    event.preventDefault();
    (event.shiftKey ? stops.at(-1) : stops.at(0))?.focus();
  }
}

function linkText(language: Language, chat: Chat): string {
  switch (chat.link) {
    case "waiting":
      return text(language, "linkWaiting");
    case "connecting":
      return text(language, "linkConnecting");
    default:
      return "";
  }
}

// A phone's keyboard covers the lower part of the page: the panel is as high as what is left.
function followKeyboard(panel: HTMLElement): void {
  const viewport = window.visualViewport;
  if (!viewport) return;
  const fit = () => {
    panel.style.setProperty("--visible-height", `${viewport.height}px`);
    panel.style.setProperty("--visible-top", `${viewport.offsetTop}px`);
  };
  viewport.addEventListener("resize", fit);
  viewport.addEventListener("scroll", fit);
  fit();
}
