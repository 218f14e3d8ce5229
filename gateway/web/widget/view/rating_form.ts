// Asks what the buyer thinks of a session that has ended.

import { element, setText } from "../../shared/dom.js";
import type { Language } from "../../shared/language.js";
import { text } from "../texts.js";

export interface RatingActions {
  rate(stars: number, comment: string): void;
}

const all = [1, 2, 3, 4, 5] as const;

export function starText(stars: number): string {
  return "★".repeat(stars) + "☆".repeat(all.length - stars);
}

export class RatingForm {
  readonly root: HTMLFormElement;
  private readonly question = element("legend");
  private readonly choices = all.map((stars) => {
    const input = element("input", { type: "radio", name: "stars", value: String(stars), id: `stars-${stars}` });
    const word = element("span", { class: "hidden" });
    return { stars, input, word, label: element("label", { for: input.id, class: "star" }, word) };
  });
  private readonly commentLabel = element("label", { for: "rating-comment" });
  private readonly comment = element("textarea", { id: "rating-comment", rows: "2", maxlength: "500" });
  private readonly submit = element("button", { type: "submit", class: "primary" });
  private readonly more: HTMLElement;

  constructor(actions: RatingActions) {
    const stars = element("div", { class: "stars" }, ...this.choices.flatMap(({ input, label }) => [input, label]));
    this.more = element("div", { class: "rating-more" }, this.commentLabel, this.comment, this.submit);
    this.root = element("form", { class: "rating" }, element("fieldset", {}, this.question, stars), this.more);
    this.root.addEventListener("change", () => this.showChosen());
    this.root.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.chosen > 0) actions.rate(this.chosen, this.comment.value.trim());
    });
    this.showChosen();
  }

  // For another session.
  renew(): void {
    this.root.reset();
    this.showChosen();
  }

  show(language: Language, busy: boolean): void {
    setText(this.question, text(language, "rate"));
    for (const { stars, word } of this.choices) setText(word, text(language, "stars", { stars }));
    setText(this.commentLabel, text(language, "rateComment"));
    setText(this.submit, text(language, "rateSubmit"));
    this.submit.disabled = busy;
  }

  private get chosen(): number {
    return this.choices.find(({ input }) => input.checked)?.stars ?? 0;
  }

  private showChosen(): void {
    const { chosen } = this;
    for (const { stars, label } of this.choices) label.classList.toggle("lit", stars <= chosen);
    this.more.hidden = chosen === 0;
  }
}
