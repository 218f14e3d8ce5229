// What a buyer finds before asking: a greeting, topics, and short ways to what is asked most.

import { Category } from "../../gen/kefu/common/v1/entry_pb.js";
import { button, element, setText } from "../../shared/dom.js";
import type { Language } from "../../shared/language.js";
import { text, type TextKey } from "../texts.js";
import { icon } from "./icons.js";

export interface StartActions {
  choose(category: Category): void;
  trackParcel(): void;
  talkToPerson(): void;
}

// The topics are those that routing goes by.
const topics: readonly (readonly [Category, TextKey])[] = [
  [Category.PRE_SALE, "topicPreSale"],
  [Category.ORDER, "topicOrder"],
  [Category.LOGISTICS, "topicLogistics"],
  [Category.AFTER_SALES, "topicAfterSales"],
  [Category.COMPLAINT, "topicComplaint"],
];

export class Start {
  readonly root: HTMLElement;
  private readonly greeting = element("p", { class: "greeting" });
  private readonly more = element("p", { class: "greeting-more" });
  private readonly topic = element("p", { class: "topic", id: "topic" });
  private readonly chips: readonly { category: Category; key: TextKey; node: HTMLButtonElement }[];
  private readonly trackText = element("span");
  private readonly personText = element("span");

  constructor(actions: StartActions) {
    this.chips = topics.map(([category, key]) => ({
      category,
      key,
      node: button("", () => actions.choose(category), { class: "chip" }),
    }));
    const track = button("", () => actions.trackParcel(), { class: "quick", "data-quick": "track" });
    track.append(icon("parcel"), this.trackText);
    const person = button("", () => actions.talkToPerson(), { class: "quick", "data-quick": "person" });
    person.append(icon("person"), this.personText);
    this.root = element(
      "div",
      { class: "start" },
      element("div", { class: "hello" }, this.greeting, this.more),
      this.topic,
      element("div", { class: "chips", role: "group", "aria-labelledby": "topic" }, ...this.chips.map((chip) => chip.node)),
      element("div", { class: "quicks" }, track, person),
    );
  }

  // `again`: the buyer has asked before, and needs no greeting.
  show(language: Language, chosen: Category, again: boolean): void {
    setText(this.greeting, text(language, "greeting"));
    setText(this.more, text(language, "greetingMore"));
    setText(this.topic, text(language, "topic"));
    setText(this.trackText, text(language, "trackParcel"));
    setText(this.personText, text(language, "talkToPerson"));
    this.root.classList.toggle("again", again);
    for (const { category, key, node } of this.chips) {
      setText(node, text(language, key));
      node.setAttribute("aria-pressed", String(category === chosen));
    }
  }
}
