// Language and theme: who said so last counts. A choice that the buyer made in the widget is remembered, until the page
// changes its own.

import { languageOf, type Language } from "../shared/language.js";
import type { Theme } from "./options.js";
import type { Store } from "./store.js";

const key = "kefu.language";

export class Look {
  private said: Language | undefined;
  private chosen: Language | undefined;
  private themeSaid: Theme;
  private pageLanguage = document.documentElement.lang;
  private readonly darkness = matchMedia("(prefers-color-scheme: dark)");

  constructor(
    private readonly store: Store,
    language: Language | undefined,
    theme: Theme,
    private readonly onChange: () => void,
  ) {
    this.said = language;
    this.themeSaid = theme;
    this.chosen = languageOf(store.get("lasting", key) ?? "");
    this.darkness.addEventListener("change", onChange);
    new MutationObserver(() => this.pageChanged()).observe(document.documentElement, { attributeFilter: ["lang"] });
  }

  get language(): Language {
    const browser = navigator.languages.map(languageOf).find((language) => language !== undefined);
    return this.chosen ?? this.said ?? languageOf(document.documentElement.lang) ?? browser ?? "en";
  }

  get theme(): "light" | "dark" {
    if (this.themeSaid !== "auto") return this.themeSaid;
    return this.darkness.matches ? "dark" : "light";
  }

  // By the buyer.
  choose(language: Language): void {
    this.chosen = language;
    this.store.set("lasting", key, language);
    this.onChange();
  }

  // By the page; undefined: as the page's own `lang`.
  sayLanguage(language: Language | undefined): void {
    this.said = language;
    this.forgetChoice();
  }

  sayTheme(theme: Theme): void {
    this.themeSaid = theme;
    this.onChange();
  }

  // Pages write their language anew now and then without changing it.
  private pageChanged(): void {
    const { lang } = document.documentElement;
    if (lang === this.pageLanguage) return;
    this.pageLanguage = lang;
    if (this.said === undefined) this.forgetChoice();
  }

  private forgetChoice(): void {
    this.chosen = undefined;
    this.store.remove("lasting", key);
    this.onChange();
  }
}
