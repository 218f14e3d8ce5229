// The buyer's pane.

import { timestampDate } from "@bufbuild/protobuf/wkt";
import { Sender_Kind } from "../../gen/kefu/common/v1/entry_pb.js";
import { Session_State } from "../../gen/kefu/gateway/v1/session_pb.js";
import type { Language } from "../../shared/language.js";
import { element, setText } from "../../shared/dom.js";
import { clock } from "../entry_text.js";
import { problemText, text } from "../texts.js";
import { Thread } from "../thread.js";
import { linkText } from "../link.js";
import type { BuyerState } from "./state.js";

export class BuyerView {
  private readonly heading = element("h2", { id: "buyer-heading" });
  private readonly link = element("span", { class: "link", role: "status" });
  private readonly state = element("p", { class: "state", role: "status" });
  private readonly problem = element("p", { class: "problem", role: "alert" });
  private readonly thread: Thread;

  constructor(
    root: HTMLElement,
    private readonly buyer: BuyerState,
  ) {
    this.thread = new Thread("buyer", Sender_Kind.BUYER, {
      send: (draft) => buyer.outbox.add(draft),
      retry: (requestId) => buyer.outbox.retry(requestId),
      discard: (requestId) => buyer.outbox.discard(requestId),
      typed: (body) => buyer.typing.input(body),
    });
    root.append(
      element("div", { class: "pane-head" }, this.heading, this.link),
      this.state,
      this.problem,
      this.thread.root,
    );
  }

  show(language: Language): void {
    const { buyer } = this;
    setText(this.heading, `${text(language, "buyerPane")} · ${text(language, "shop")} ${buyer.shop}`);
    setText(this.link, linkText(language, buyer.link));
    this.link.dataset["link"] = buyer.link;
    setText(this.state, this.stateText(language));
    setText(this.problem, buyer.problem ? problemText(language, buyer.problem) : "");
    this.thread.show(language, {
      view: buyer.view,
      outgoing: buyer.outbox.messages,
      otherTyping: buyer.otherTyping.typing,
    });
  }

  private stateText(language: Language): string {
    const { parked } = this.buyer;
    if (parked?.dueTime) return text(language, "stateParked", { time: clock(language, timestampDate(parked.dueTime)) });
    switch (this.buyer.sessionState) {
      case Session_State.WAITING:
      case Session_State.OFFERED:
        return this.waitingText(language);
      case Session_State.ACTIVE:
      case Session_State.WRAP:
        return text(language, "stateActive", { name: this.buyer.agentName || text(language, "agent") });
      case Session_State.CLOSED:
      case Session_State.ABANDONED:
        return text(language, "stateClosed");
      default:
        return text(language, "stateNone");
    }
  }

  private waitingText(language: Language): string {
    const { place } = this.buyer;
    if (!place) return text(language, "stateWaiting");
    if (!place.waitLow || !place.waitHigh) return text(language, "statePlace", { ahead: place.ahead });
    const low = Math.floor(Number(place.waitLow.seconds) / 60);
    const high = Math.max(1, Math.ceil(Number(place.waitHigh.seconds) / 60));
    return text(language, "statePlaceWait", { ahead: place.ahead, low, high });
  }
}
