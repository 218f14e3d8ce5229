// The widget: a launcher in the corner and the panel behind it, in a shadow tree of its own.

import { createClient } from "@connectrpc/connect";
import { Category } from "../gen/kefu/common/v1/entry_pb.js";
import { AuthService } from "../gen/kefu/gateway/v1/auth_pb.js";
import { BuyerService } from "../gen/kefu/gateway/v1/buyer_pb.js";
import { transportTo } from "../shared/api.js";
import { button, element, setText } from "../shared/dom.js";
import { problemOf, type Problem } from "../shared/problem.js";
import { Chat } from "./chat/chat.js";
import { kept, restored, type Draft } from "./chat/drafts.js";
import { Identity } from "./chat/identity.js";
import { openSession } from "./chat/standing.js";
import { Look } from "./look.js";
import type { Options } from "./options.js";
import { pageOf, type Page, type ProductInfo } from "./page.js";
import styles from "./style.css?inline";
import { Store } from "./store.js";
import { localeOf, text } from "./texts.js";
import { fits } from "./view/composer.js";
import { icon } from "./view/icons.js";
import { Panel } from "./view/panel.js";

export interface WidgetEvents {
  unread(count: number): void;
  opened(open: boolean): void;
}

export class Widget {
  readonly look: Look;
  private readonly store = new Store({ lasting: () => localStorage, visit: () => sessionStorage });
  private readonly identity: Identity;
  private readonly chat: Chat;
  private readonly panel: Panel;
  private readonly frame: HTMLElement;
  private readonly launcher: HTMLButtonElement;
  private readonly badge = element("span", { class: "badge", "aria-hidden": "true" });
  private said: Readonly<Record<string, unknown>>;
  private category = Category.UNSPECIFIED;
  private problem: Problem | undefined;
  private busy = false;
  private drawing = false;
  private unread = 0;
  private keptOutbox = "";
  private endedSession = "";
  open = false;

  constructor(
    private readonly host: HTMLElement,
    private readonly options: Options,
    private readonly events: WidgetEvents,
    complain: (what: string) => void,
  ) {
    const { gateway, shop } = options;
    this.said = options.page;
    this.look = new Look(this.store, options.language, options.theme, () => this.changed());
    this.identity = new Identity({
      auth: createClient(AuthService, transportTo(gateway, () => "")),
      shop,
      store: this.store,
      inSession: async (guest) => {
        const asGuest = createClient(BuyerService, transportTo(gateway, () => guest.token));
        return (await asGuest.getState({})).openSession !== "";
      },
      complain,
    });
    this.chat = new Chat({ gateway, identity: this.identity, visible: () => this.visible(), onChange: () => this.changed() });
    this.panel = new Panel(this.panelActions(), () => this.changed());
    this.launcher = button("", () => this.setOpen(!this.open), { class: "launcher" });
    this.launcher.append(icon("chat"), this.badge);
    this.frame = element("div", { class: "frame", "data-side": options.side }, this.panel.root, this.launcher);
    this.attach();
    this.listen();
  }

  // To be called when what the page said before the script came has been carried out.
  begin(): void {
    const left = this.store.read("visit", this.key("outbox"), restored) ?? [];
    this.panel.composer.body = this.store.get("visit", this.key("draft")) ?? "";
    if (left.length > 0) this.chat.outbox.restore(left);
    // Only where there is something to hear of: most visitors never ask.
    if (this.identity.known) this.chat.start();
    // A phone's whole page is not covered unasked.
    const covers = matchMedia("(max-width: 480px)").matches;
    if (this.store.get("visit", this.key("open")) === "1" && !covers) this.setOpen(true, false);
    this.draw();
  }

  setOpen(open: boolean, moveFocus = true): void {
    if (open === this.open) return;
    this.open = open;
    this.store.set("visit", this.key("open"), open ? "1" : "0");
    // A known buyer may have a conversation from elsewhere.
    if (open && this.identity.proves) this.chat.start();
    this.draw();
    if (open) this.chat.seen();
    if (open && moveFocus) this.panel.focus();
    if (!open && moveFocus) this.launcher.focus();
    this.events.opened(open);
  }

  // Who the buyer is; nothing: a guest again, and nothing of the buyer remains here.
  identify(source: unknown): void {
    if (source === undefined || source === null) {
      this.forget();
      return;
    }
    this.identity.prove(source);
    if (openSession(this.chat.standing) !== "") return;
    this.chat.startAnew();
    if (this.open || this.identity.known) this.chat.start();
  }

  setPage(said: Readonly<Record<string, unknown>>): void {
    this.said = said;
    this.changed();
  }

  private forget(): void {
    this.identity.forget();
    this.chat.end();
    this.panel.composer.body = "";
    for (const name of ["outbox", "draft"]) this.store.remove("visit", this.key(name));
  }

  private attach(): void {
    const root = this.host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(styles);
    root.adoptedStyleSheets = [sheet];
    root.append(this.frame);
  }

  private listen(): void {
    document.addEventListener("visibilitychange", () => {
      if (this.visible()) this.chat.seen();
      this.changed();
    });
    // Another page of this shop has begun to ask.
    window.addEventListener("storage", (event) => {
      if (event.key === this.identity.guestKey && event.newValue !== null) this.chat.start();
    });
  }

  private panelActions(): ConstructorParameters<typeof Panel>[0] {
    return {
      close: () => this.setOpen(false),
      switchLanguage: () => this.look.choose(this.look.language === "zh" ? "en" : "zh"),
      send: (body) => this.write(body),
      sendProduct: (card) => this.send({ body: "", card }),
      typed: (body) => {
        this.store.set("visit", this.key("draft"), body);
        this.chat.typing.input(body);
      },
      choose: (category) => {
        this.category = this.category === category ? Category.UNSPECIFIED : category;
        this.changed();
      },
      trackParcel: () => this.trackParcel(),
      talkToPerson: () => this.send({ body: text(this.look.language, "askPerson") }),
      leaveQueue: () => void this.act(() => this.chat.leaveQueue()),
      leaveMessage: (words, time) => void this.act(() => this.chat.leaveMessage(words, time)),
      rate: (stars, comment) => void this.act(() => this.chat.rate(stars, comment)),
      retry: (requestId) => this.chat.outbox.retry(requestId),
      discard: (requestId) => this.chat.outbox.discard(requestId),
    };
  }

  private write(body: string): void {
    if (!fits(body)) {
      this.panel.composer.refuse(this.look.language);
      return;
    }
    this.send({ body });
    this.panel.composer.taken();
    this.store.remove("visit", this.key("draft"));
  }

  private trackParcel(): void {
    const { parcel, order } = this.page();
    const key = parcel !== "" ? "askTrackNumber" : order !== "" ? "askTrackOrder" : "askTrack";
    this.category = Category.LOGISTICS;
    this.send({ body: text(this.look.language, key, { number: parcel || order }) });
  }

  private send(what: { body: string; card?: ProductInfo }): void {
    const { language } = this.look;
    const draft: Draft = { ...what, category: this.category, page: this.page(), language: localeOf(language) };
    this.problem = undefined;
    this.panel.toEnd();
    this.chat.outbox.add(draft);
  }

  private async act(work: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.problem = undefined;
    this.changed();
    try {
      await work();
    } catch (error) {
      this.problem = problemOf(error);
    } finally {
      this.busy = false;
      this.changed();
    }
  }

  private page(): Page {
    return pageOf(this.said, location.href);
  }

  // The page's product, unless it was sent in this session.
  private unsentCard(): ProductInfo | undefined {
    const { card } = this.page();
    const session = openSession(this.chat.standing);
    const sent = this.chat.view.entries.some(({ session: saidIn, content }) => {
      const shown = content?.kind.case === "product" ? content.kind.value.product : undefined;
      return shown !== undefined && shown === card?.product && saidIn === session;
    });
    const onItsWay = this.chat.outbox.messages.some(({ payload }) => payload.card?.product === card?.product && payload.card);
    return sent || onItsWay ? undefined : card;
  }

  private visible(): boolean {
    return this.open && document.visibilityState === "visible";
  }

  private key(name: string): string {
    return `kefu.${name}.${this.options.shop}`;
  }

  // Many frames may change the state between two pictures: it is drawn once for all of them.
  private changed(): void {
    if (this.drawing) return;
    this.drawing = true;
    queueMicrotask(() => {
      this.drawing = false;
      this.draw();
    });
  }

  private draw(): void {
    const { language, theme } = this.look;
    this.keepOutbox();
    // The topic was for this session.
    if (this.chat.standing.is === "ended") this.category = this.endedCategory();
    this.frame.lang = localeOf(language);
    this.frame.dataset["theme"] = theme;
    this.frame.dataset["open"] = String(this.open);
    this.panel.root.hidden = !this.open;
    this.panel.show(language, {
      chat: this.chat,
      category: this.category,
      card: this.unsentCard(),
      problem: this.problem,
      busy: this.busy,
    });
    this.drawLauncher();
  }

  private keepOutbox(): void {
    const left = JSON.stringify(kept(this.chat.outbox.messages));
    if (left === this.keptOutbox) return;
    this.keptOutbox = left;
    this.store.set("visit", this.key("outbox"), left);
  }

  // What was chosen for the session that has ended counts no longer; what is chosen after its end does.
  private endedCategory(): Category {
    const { standing } = this.chat;
    if (standing.is !== "ended" || standing.session === this.endedSession) return this.category;
    this.endedSession = standing.session;
    return Category.UNSPECIFIED;
  }

  private drawLauncher(): void {
    const { language } = this.look;
    const { unread } = this.chat;
    const label = unread > 0 ? text(language, "launcherUnread", { count: unread }) : text(language, "launcher");
    this.launcher.setAttribute("aria-label", label);
    this.launcher.setAttribute("aria-expanded", String(this.open));
    setText(this.badge, unread > 99 ? "99+" : unread > 0 ? String(unread) : "");
    this.badge.hidden = unread === 0;
    if (unread === this.unread) return;
    this.unread = unread;
    this.events.unread(unread);
  }
}
