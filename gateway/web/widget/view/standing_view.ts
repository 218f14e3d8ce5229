// Where the session stands: the place in the queue, who serves, what is kept; and what the buyer can do about it.

import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { QueuePlace } from "../../gen/kefu/gateway/v1/buyer_pb.js";
import { button, element, replaceChildren, setText } from "../../shared/dom.js";
import type { Language } from "../../shared/language.js";
import type { Problem } from "../../shared/problem.js";
import type { Rated } from "../chat/rating.js";
import type { Standing } from "../chat/standing.js";
import { localeOf, problemText, text } from "../texts.js";
import { minutesOf } from "../waiting.js";
import { LeaveMessageForm, type LeaveMessageActions } from "./leave_message.js";
import { RatingForm, starText, type RatingActions } from "./rating_form.js";
import { clock } from "./says.js";

export interface StandingActions extends LeaveMessageActions, RatingActions {
  leaveQueue(): void;
}

export class StandingView {
  readonly root: HTMLElement;
  private readonly title = element("p", { class: "standing-title" });
  private readonly more = element("p", { class: "standing-more" });
  private readonly problem = element("p", { class: "problem", role: "alert" });
  private readonly says = element("div", { role: "status" }, this.title, this.more);
  private readonly buttons = element("div", { class: "standing-buttons" });
  private readonly leave: HTMLButtonElement;
  private readonly write: HTMLButtonElement;
  private readonly form: LeaveMessageForm;
  private readonly rating: RatingForm;
  private writing = false;
  // The session that the rating form is about.
  private toRate = "";
  // To what was opened, once it is on the page.
  private moveFocus = false;

  constructor(actions: StandingActions, private readonly changed: () => void) {
    this.leave = button("", () => actions.leaveQueue(), { class: "small leave-queue" });
    this.write = button("", () => this.open(true), { class: "small leave-message" });
    this.form = new LeaveMessageForm(actions, () => this.open(false));
    this.rating = new RatingForm(actions);
    this.buttons.append(this.write, this.leave);
    this.root = element("div", { class: "standing" }, this.says, this.problem);
  }

  // The buyer is leaving a message: there is one field to write in, not two.
  get isWriting(): boolean {
    return this.writing;
  }

  show(language: Language, standing: Standing, rated: Rated, problem: Problem | undefined, busy: boolean): void {
    if (standing.is !== "waiting") this.writing = false;
    this.root.dataset["standing"] = standing.is;
    const [title, ...more] = lines(language, standing, rated);
    setText(this.title, title ?? "");
    setText(this.more, more.join(" · "));
    setText(this.problem, problem ? problemText(language, problem) : "");
    setText(this.leave, text(language, "leaveQueue"));
    setText(this.write, text(language, "leaveMessage"));
    this.leave.disabled = busy;
    this.root.classList.toggle("empty", title === undefined && !problem);
    replaceChildren(this.root, [
      this.says,
      this.problem,
      ...(standing.is === "waiting" && !this.writing ? [this.buttons] : []),
      ...(this.writing ? [this.form.root] : []),
      ...(rated.is === "due" ? [this.rating.root] : []),
    ]);
    if (standing.is === "ended" && standing.session !== this.toRate) {
      this.toRate = standing.session;
      this.rating.renew();
    }
    this.rating.show(language, busy);
    this.form.show(language, busy);
    if (!this.moveFocus) return;
    this.moveFocus = false;
    if (this.writing) this.form.focus();
    else this.write.focus();
  }

  private open(writing: boolean): void {
    this.writing = writing;
    if (writing) this.form.renew();
    this.moveFocus = true;
    this.changed();
  }
}

// A title and what follows it; nothing while there is nothing to say.
function lines(language: Language, standing: Standing, rated: Rated): string[] {
  switch (standing.is) {
    case "none":
      return [];
    case "waiting":
      return [text(language, "queued"), ...placeLines(language, standing.place)];
    case "kept": {
      const due = standing.parked.dueTime;
      const time = due ? clock(language, timestampDate(due), "moment") : "";
      const kept = time === "" ? text(language, "keptNoTime") : text(language, "kept", { time });
      return [kept, ...(standing.parked.text === "" ? [] : [standing.parked.text])];
    }
    case "served":
      return [text(language, "served", { name: standing.agent || text(language, "agent") })];
    case "ended":
      return [
        text(language, standing.left ? "endedLeft" : "ended"),
        ...(rated.is === "given" ? [text(language, "ratedThanks", { stars: starText(rated.stars) })] : []),
      ];
  }
}

function placeLines(language: Language, place: QueuePlace | undefined): string[] {
  if (!place) return [];
  const ahead = place.ahead === 0 ? text(language, "queueNext") : text(language, "queueAhead", { ahead: place.ahead });
  if (!place.waitLow || !place.waitHigh) return [ahead, text(language, "queueNoRange")];
  const { low, high } = minutesOf(Number(place.waitLow.seconds), Number(place.waitHigh.seconds));
  if (high === 0) return [ahead, text(language, "queueSoon")];
  const number = new Intl.NumberFormat(localeOf(language));
  const range = low === high ? number.format(low) : `${number.format(low)}–${number.format(high)}`;
  return [ahead, text(language, "queueRange", { range })];
}
