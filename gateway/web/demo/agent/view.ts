// The agent's pane: sign-in, then presence, the sessions held, and the chosen conversation.

import { Sender_Kind } from "../../gen/kefu/common/v1/entry_pb.js";
import { Presence, Session_State } from "../../gen/kefu/gateway/v1/session_pb.js";
import type { Language } from "../../shared/language.js";
import { button, element, replaceChildren, setText } from "../../shared/dom.js";
import { linkText } from "../link.js";
import { problemText, text, type TextKey } from "../texts.js";
import { Thread } from "../thread.js";
import type { HeldSession } from "./held.js";
import { SignInForm } from "./sign_in.js";
import type { AgentState } from "./state.js";

const presences: readonly (readonly [Presence, TextKey])[] = [
  [Presence.ONLINE, "presenceOnline"],
  [Presence.BUSY, "presenceBusy"],
  [Presence.BREAK, "presenceBreak"],
  [Presence.HUNG_UP, "presenceHungUp"],
  [Presence.OFFLINE, "presenceOffline"],
];

export class AgentView {
  private readonly heading = element("h2", { id: "agent-heading" });
  private readonly link = element("span", { class: "link", role: "status" });
  private readonly problem = element("p", { class: "problem", role: "alert" });
  private readonly signIn: SignInForm;
  private readonly presence = element("select", { id: "agent-presence" });
  private readonly presenceLabel = element("label", { for: "agent-presence" });
  private readonly load = element("span", { class: "load" });
  private readonly waiting = element("span", { class: "waiting" });
  private readonly signOut: HTMLButtonElement;
  private readonly sessionsHeading = element("h3", { class: "hidden" });
  private readonly list = element("ul", { class: "sessions" });
  private readonly hint = element("p", { class: "state" });
  private readonly target = element("select", { id: "agent-transfer" });
  private readonly targetLabel = element("label", { for: "agent-transfer" });
  private readonly transfer: HTMLButtonElement;
  private readonly close: HTMLButtonElement;
  private readonly hold: HTMLButtonElement;
  private readonly accept: HTMLButtonElement;
  private readonly decline: HTMLButtonElement;
  private readonly finish: HTMLButtonElement;
  private readonly actions: HTMLElement;
  private readonly offer: HTMLElement;
  private readonly why = element("p", { class: "state" });
  private readonly suggestion = element("p", { class: "suggestion" });
  private readonly desk: HTMLElement;
  private readonly threadPlace = element("div", { class: "thread-place" });
  // One per conversation, so that each keeps its draft.
  private readonly threads = new WeakMap<HeldSession, Thread>();

  constructor(
    root: HTMLElement,
    private readonly agent: AgentState,
    shop: string,
  ) {
    this.signIn = new SignInForm(agent, shop);
    this.presence.addEventListener("change", () => void agent.setPresence(Number(this.presence.value)));
    this.signOut = button("", () => void agent.signOut());
    this.transfer = button("", () => this.withCurrent((held) => agent.transfer(held, this.target.value)));
    this.close = button("", () => this.withCurrent((held) => agent.close(held)), { class: "close-session" });
    this.hold = button("", () => this.withCurrent((held) => agent.setHold(held, !held.session.held)));
    this.accept = button("", () => this.withCurrent((held) => agent.accept(held)), { class: "accept-offer" });
    this.decline = button("", () => this.withCurrent((held) => agent.decline(held)));
    this.finish = button("", () => this.withCurrent((held) => agent.finish(held)));
    this.target.addEventListener("focus", () => void agent.loadColleagues());
    this.actions = element("div", { class: "actions" }, this.targetLabel, this.target, this.transfer, this.hold, this.close);
    this.offer = element("div", { class: "actions" }, this.accept, this.decline, this.finish);
    this.desk = element(
      "div",
      { class: "desk" },
      element("div", { class: "actions" }, this.presenceLabel, this.presence, this.load, this.waiting, this.signOut),
      this.sessionsHeading,
      this.list,
      this.hint,
      this.why,
      this.actions,
      this.offer,
      this.threadPlace,
      this.suggestion,
    );
    root.append(
      element("div", { class: "pane-head" }, this.heading, this.link),
      this.problem,
      this.signIn.root,
      this.desk,
    );
  }

  show(language: Language): void {
    const { agent } = this;
    const signedIn = agent.name !== undefined;
    setText(this.heading, signedIn ? `${text(language, "agentPane")} · ${agent.name}` : text(language, "agentPane"));
    setText(this.link, linkText(language, agent.link));
    this.link.dataset["link"] = agent.link;
    setText(this.problem, agent.problem ? problemText(language, agent.problem) : "");
    this.signIn.root.hidden = signedIn;
    this.signIn.show(language, agent.busy);
    this.desk.hidden = !signedIn;
    if (!signedIn) return;
    this.showBar(language);
    this.showSessions(language);
    this.showCurrent(language);
  }

  private withCurrent(work: (held: HeldSession) => Promise<void>): void {
    if (this.agent.current) void work(this.agent.current);
  }

  private showBar(language: Language): void {
    const { record, waiting } = this.agent;
    setText(this.presenceLabel, text(language, "presence"));
    setOptions(
      this.presence,
      presences.map(([value, key]) => [String(value), text(language, key)]),
    );
    if (record) this.presence.value = String(record.presence);
    setText(this.load, text(language, "load", { used: record?.used ?? 0, capacity: record?.capacity ?? 0 }));
    setText(this.waiting, text(language, "waiting", { count: waiting }));
    setText(this.signOut, text(language, "signOut"));
  }

  private showSessions(language: Language): void {
    const { agent } = this;
    setText(this.sessionsHeading, text(language, "sessions"));
    const focused = document.activeElement?.getAttribute("data-conversation");
    const signature = JSON.stringify([
      language,
      agent.current?.view.conversation,
      agent.sessions.map((held) => [held.view.conversation, held.session.buyerDisplayName, held.unread]),
    ]);
    if (this.list.dataset["shows"] === signature) return;
    this.list.dataset["shows"] = signature;
    replaceChildren(
      this.list,
      agent.sessions.map((held) => element("li", {}, this.sessionButton(language, held))),
    );
    if (focused) this.list.querySelector<HTMLElement>(`[data-conversation="${CSS.escape(focused)}"]`)?.focus();
  }

  private sessionButton(language: Language, held: HeldSession): HTMLButtonElement {
    const current = held === this.agent.current;
    const name = held.session.buyerDisplayName || text(language, "guest", { id: held.session.buyer.slice(2, 8) });
    const unread = !current && held.unread > 0 ? ` · ${text(language, "unread", { count: held.unread })}` : "";
    return button(
      name + unread,
      () => {
        this.agent.choose(held.view.conversation);
        this.threads.get(held)?.focus();
      },
      { "data-conversation": held.view.conversation, ...(current ? { "aria-current": "true" } : {}) },
    );
  }

  private showCurrent(language: Language): void {
    const { agent } = this;
    const held = agent.current;
    const hint = held ? "" : text(language, agent.sessions.length === 0 ? "noSessions" : "chooseSession");
    setText(this.hint, hint);
    const state = held?.session.state;
    this.actions.hidden = state !== Session_State.ACTIVE;
    this.offer.hidden = state !== Session_State.OFFERED && state !== Session_State.WRAP;
    this.showOffer(language, held);
    setText(this.targetLabel, text(language, "transferTo"));
    setOptions(this.target, [
      ["", text(language, "backToQueue")],
      ...agent.colleagues.map((one): [string, string] => [one.agent, `${one.displayName} (${one.used}/${one.capacity})`]),
    ]);
    setText(this.transfer, text(language, "transfer"));
    setText(this.close, text(language, "close"));
    setText(this.hold, text(language, held?.session.held ? "resume" : "hold"));
    for (const one of [this.transfer, this.hold, this.close, this.accept, this.decline, this.finish]) one.disabled = agent.busy;
    if (!held) {
      replaceChildren(this.threadPlace, []);
      return;
    }
    const thread = this.threadOf(held);
    replaceChildren(this.threadPlace, [thread.root]);
    thread.show(language, {
      view: held.view,
      outgoing: held.outbox.messages,
      otherTyping: held.otherTyping.typing,
    });
  }

  // What an offer asks for, and what is left to do after the end.
  private showOffer(language: Language, held: HeldSession | undefined): void {
    const offered = held?.session.state === Session_State.OFFERED;
    this.accept.hidden = !offered;
    this.decline.hidden = !offered;
    this.finish.hidden = offered;
    setText(this.accept, text(language, "accept"));
    setText(this.decline, text(language, "decline"));
    setText(this.finish, text(language, "finish"));
    const wraps = held?.session.state === Session_State.WRAP;
    setText(this.why, offered ? text(language, "offered") : wraps ? text(language, "wrapUp") : "");
    const suggestion = held?.suggestion;
    setText(this.suggestion, suggestion ? text(language, "suggestion", { name: suggestion.agentDisplayName, text: suggestion.text }) : "");
  }

  private threadOf(held: HeldSession): Thread {
    let thread = this.threads.get(held);
    if (!thread) {
      thread = new Thread("agent", Sender_Kind.AGENT, {
        send: (draft) => held.outbox.add(draft),
        retry: (requestId) => held.outbox.retry(requestId),
        discard: (requestId) => held.outbox.discard(requestId),
        typed: (body) => held.typing.input(body),
      });
      this.threads.set(held, thread);
    }
    return thread;
  }
}

// Keeps the person's choice where it still exists.
function setOptions(select: HTMLSelectElement, options: readonly (readonly [value: string, label: string])[]): void {
  const signature = JSON.stringify(options);
  if (select.dataset["shows"] === signature) return;
  select.dataset["shows"] = signature;
  const { value } = select;
  select.replaceChildren(...options.map(([option, label]) => element("option", { value: option }, label)));
  if (options.some(([option]) => option === value)) select.value = value;
}
