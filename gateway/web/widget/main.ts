// Entry of /widget.js: one classic script without dependencies. docs/widget.md is what shops read.

import { languageOf } from "../shared/language.js";
import { takeOver, type Commands } from "./commands.js";
import { optionsOf, themeOf, type Options } from "./options.js";
import { recordOf } from "./page.js";
import { Widget } from "./widget.js";

const elementName = "kefu-widget";
const complain = (what: string) => console.warn(what);

type Listener = (value: unknown) => void;

function begin(options: Options): void {
  const listeners = new Map<string, Listener[]>();
  const tell = (event: string, value: unknown) => {
    for (const listener of listeners.get(event) ?? []) listener(value);
  };
  let widget: Widget | undefined;
  // Attributes of the element change the look as the commands do.
  class KefuWidget extends HTMLElement {
    static readonly observedAttributes = ["language", "theme"];
    attributeChangedCallback(name: string, _: string | null, value: string | null): void {
      if (name === "language") widget?.look.sayLanguage(languageOf(value ?? ""));
      else widget?.look.sayTheme(themeOf(value));
    }
  }
  customElements.define(elementName, KefuWidget);
  const host = document.createElement(elementName);
  const made = new Widget(
    host,
    options,
    { unread: (count) => tell("unread", count), opened: (open) => tell(open ? "open" : "close", undefined) },
    complain,
  );
  widget = made;
  document.body.append(host);
  takeOver(window as { kefu?: unknown }, commandsOf(made, listeners), complain);
  made.begin();
}

function commandsOf(widget: Widget, listeners: Map<string, Listener[]>): Commands {
  return {
    open: () => widget.setOpen(true),
    close: () => widget.setOpen(false),
    page: (page) => widget.setPage(recordOf(page)),
    identify: (claim) => widget.identify(claim),
    language: (tag) => widget.look.sayLanguage(languageOf(String(tag ?? ""))),
    theme: (theme) => widget.look.sayTheme(themeOf(theme)),
    on: (event, listener) => {
      if (typeof event !== "string" || typeof listener !== "function") throw new TypeError("on needs an event and a function");
      listeners.set(event, [...(listeners.get(event) ?? []), listener as Listener]);
    },
  };
}

const tag = document.currentScript as HTMLScriptElement | null;
const options = tag ? optionsOf(tag.dataset, tag.src) : "kefu: load widget.js by a script tag without type=\"module\".";
if (typeof options === "string") {
  complain(options);
} else if (customElements.get(elementName)) {
  complain("kefu: widget.js is on this page twice; the first one stays.");
} else if (document.body) {
  begin(options);
} else {
  document.addEventListener("DOMContentLoaded", () => begin(options), { once: true });
}
