// The language of the pages, switched at once.

import { createContext, useContext, useEffect, useState, type ReactNode } from "react";
import { LanguageChoice, type Language } from "../../shared/language.js";
import { localeOf, text, type Say } from "../texts.js";

interface Speech {
  readonly language: Language;
  readonly locale: string;
  readonly say: Say;
  choose(language: Language): void;
}

const choice = new LanguageChoice(localStorage, navigator.languages);
const SpeechContext = createContext<Speech | undefined>(undefined);

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState(choice.current);
  useEffect(() => choice.onChange(() => setLanguage(choice.current)), []);
  useEffect(() => {
    document.documentElement.lang = localeOf(language);
    document.title = text(language, "product");
  }, [language]);
  const speech: Speech = {
    language,
    locale: localeOf(language),
    say: (key, values) => text(language, key, values),
    choose: (next) => choice.choose(next),
  };
  return <SpeechContext.Provider value={speech}>{children}</SpeechContext.Provider>;
}

export function useSpeech(): Speech {
  const speech = useContext(SpeechContext);
  if (!speech) throw new Error("outside LanguageProvider");
  return speech;
}
