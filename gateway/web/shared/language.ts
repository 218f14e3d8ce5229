// The language of the page: the person's choice, remembered; else the browser's.

export type Language = "zh" | "en";

const storageKey = "kefu.language";

export class LanguageChoice {
  private value: Language;
  private readonly listeners: (() => void)[] = [];

  constructor(
    private readonly storage: Storage,
    browserLanguages: readonly string[],
  ) {
    const stored = storage.getItem(storageKey);
    const preferred = browserLanguages.find((tag) => /^(zh|en)\b/i.test(tag))?.slice(0, 2).toLowerCase();
    this.value = stored === "zh" || stored === "en" ? stored : preferred === "zh" ? "zh" : "en";
  }

  get current(): Language {
    return this.value;
  }

  choose(language: Language): void {
    this.value = language;
    this.storage.setItem(storageKey, language);
    for (const listener of this.listeners) listener();
  }

  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }
}
