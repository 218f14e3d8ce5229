// The field to write in, and above it what the buyer looks at.

import { button, element, setText } from "../../shared/dom.js";
import type { Language } from "../../shared/language.js";
import { moneyText } from "../../shared/money.js";
import type { ProductInfo } from "../page.js";
import { localeOf, text } from "../texts.js";
import { icon } from "./icons.js";

export interface ComposerActions {
  send(body: string): void;
  sendProduct(card: ProductInfo): void;
  typed(body: string): void;
}

// The gateway's limit, in bytes of UTF-8.
const longestBody = 8192;

export class Composer {
  readonly root: HTMLElement;
  private readonly field = element("textarea", { id: "message", rows: "1", name: "message", autocomplete: "off" });
  private readonly label = element("label", { for: "message", class: "hidden" });
  private readonly submit = element("button", { type: "submit", class: "send" }, icon("send"));
  private readonly tooLong = element("p", { class: "too-long", role: "alert" });
  private readonly product = element("div", { class: "looking-at" });
  private shownProduct = "";

  constructor(private readonly actions: ComposerActions) {
    const form = element("form", { class: "compose" }, this.label, this.field, this.submit);
    this.root = element("div", { class: "composer" }, this.product, this.tooLong, form);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.field.addEventListener("input", () => {
      this.fit();
      actions.typed(this.field.value);
    });
    this.field.addEventListener("blur", () => actions.typed(""));
    this.field.addEventListener("keydown", (event) => {
      // While an input method composes a word, Enter belongs to it.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.send();
    });
  }

  get body(): string {
    return this.field.value;
  }

  set body(value: string) {
    this.field.value = value;
    this.fit();
  }

  focus(): void {
    this.field.focus({ preventScroll: true });
  }

  // `card`: the product of the page, if it can be sent.
  show(language: Language, card: ProductInfo | undefined): void {
    setText(this.label, text(language, "message"));
    this.field.placeholder = text(language, "messageHint");
    this.submit.setAttribute("aria-label", text(language, "send"));
    const shows = card ? JSON.stringify([language, card]) : "";
    if (shows === this.shownProduct) return;
    this.shownProduct = shows;
    this.product.replaceChildren(...(card ? this.productNodes(language, card) : []));
  }

  refuse(language: Language): void {
    setText(this.tooLong, text(language, "tooLong"));
  }

  private productNodes(language: Language, card: ProductInfo): Node[] {
    const price = card.price ? moneyText(localeOf(language), card.price.currency, BigInt(card.price.minorUnits)) : "";
    return [
      icon("product"),
      element(
        "span",
        { class: "looking-at-what", dir: "auto" },
        element("span", { class: "hidden" }, `${text(language, "lookingAt")} `),
        `${card.title} ${price}`.trim(),
      ),
      button(text(language, "sendProduct"), () => this.actions.sendProduct(card), { class: "small" }),
    ];
  }

  private send(): void {
    const body = this.field.value.trim();
    if (body === "") return;
    this.actions.send(body);
  }

  // Called by send's receiver once it has taken the words.
  taken(): void {
    setText(this.tooLong, "");
    this.body = "";
    this.actions.typed("");
    this.focus();
  }

  // As high as what is written, up to what the style sheet allows.
  private fit(): void {
    this.field.rows = Math.min(5, Math.max(1, this.field.value.split("\n").length));
    if (this.field.scrollHeight > this.field.clientHeight + 2) this.field.rows = Math.min(5, this.field.rows + 1);
  }
}

export function fits(body: string): boolean {
  return new TextEncoder().encode(body).length <= longestBody;
}
