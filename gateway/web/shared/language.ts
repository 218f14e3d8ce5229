// The language of the page: the person's choice, remembered; else the browser's.

export type Language = "zh" | "en";

// The same in both languages.
export type Words = readonly [en: string, zh: string];

export function pick(language: Language, words: Words): string {
  return language === "zh" ? words[1] : words[0];
}

// A text with `{name}` filled in.
export function fill(template: string, values: Readonly<Record<string, string | number | bigint>>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

// BCP 47, e.g. "zh-TW"; undefined for a language that we have no texts in.
export function languageOf(tag: string): Language | undefined {
  const found = /^(zh|en)\b/i.exec(tag.trim())?.[1]?.toLowerCase();
  return found === "zh" || found === "en" ? found : undefined;
}

const storageKey = "kefu.language";

export class LanguageChoice {
  private value: Language;
  private readonly listeners: (() => void)[] = [];

  constructor(
    private readonly storage: Storage,
    browserLanguages: readonly string[],
  ) {
    const stored = storage.getItem(storageKey);
    const preferred = browserLanguages.map(languageOf).find((language) => language !== undefined);
    this.value = stored === "zh" || stored === "en" ? stored : (preferred ?? "en");
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
