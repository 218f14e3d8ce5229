// Leaving a message instead of waiting.

import { button, element, setText } from "../../shared/dom.js";
import type { Language } from "../../shared/language.js";
import { localeOf, text } from "../texts.js";
import { answerTimes, dayAndTime } from "../waiting.js";

export interface LeaveMessageActions {
  // `answerTime` absent: as soon as the shop can.
  leaveMessage(text: string, answerTime: Date | undefined): void;
}

export class LeaveMessageForm {
  readonly root: HTMLFormElement;
  private readonly hint = element("p", { class: "standing-more" });
  private readonly fieldLabel = element("label", { for: "leave-text" });
  private readonly field = element("textarea", { id: "leave-text", rows: "3", maxlength: "2000" });
  private readonly whenLabel = element("label", { for: "leave-when" });
  private readonly when = element("select", { id: "leave-when" });
  private readonly submit = element("button", { type: "submit", class: "primary" });
  private readonly cancel: HTMLButtonElement;
  private shownIn: Language | undefined;

  constructor(actions: LeaveMessageActions, cancelled: () => void) {
    this.cancel = button("", cancelled, { class: "small" });
    this.root = element(
      "form",
      { class: "leave-form" },
      this.hint,
      this.fieldLabel,
      this.field,
      this.whenLabel,
      this.when,
      element("div", { class: "standing-buttons" }, this.submit, this.cancel),
    );
    this.root.addEventListener("submit", (event) => {
      event.preventDefault();
      const chosen = this.when.value;
      actions.leaveMessage(this.field.value.trim(), chosen === "" ? undefined : new Date(Number(chosen)));
    });
  }

  focus(): void {
    this.field.focus();
  }

  // The choices of time are made anew each time the form is opened, and stay while it is open.
  renew(): void {
    this.shownIn = undefined;
    this.when.value = "";
  }

  show(language: Language, busy: boolean): void {
    this.submit.disabled = busy;
    if (this.shownIn === language) return;
    this.shownIn = language;
    setText(this.hint, text(language, "leaveMessageHint"));
    setText(this.fieldLabel, text(language, "leaveMessageText"));
    setText(this.whenLabel, text(language, "answerWhen"));
    setText(this.submit, text(language, "submit"));
    setText(this.cancel, text(language, "cancel"));
    const chosen = this.when.value;
    this.when.replaceChildren(
      element("option", { value: "" }, text(language, "answerSoon")),
      ...answerTimes(new Date()).map((time) =>
        element("option", { value: String(time.getTime()) }, dayAndTime(localeOf(language), time, new Date())),
      ),
    );
    this.when.value = chosen;
    if (this.when.selectedIndex < 0) this.when.value = "";
  }
}
