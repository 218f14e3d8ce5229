// Light, dark or as the system; Ant Design in the page's language.

import { StyleProvider } from "@ant-design/cssinjs";
import { App, ConfigProvider, theme as themes } from "antd";
import en from "antd/locale/en_US";
import zh from "antd/locale/zh_CN";
import { createContext, useContext, useEffect, useState, type ReactNode } from "react";
import { useSpeech } from "./language.js";
import { styleContainer } from "./styles.js";

export type Look = "light" | "dark" | "system";

const storageKey = "kefu.look";
const LookContext = createContext<{ look: Look; isDark: boolean; choose(look: Look): void }>({
  look: "system",
  isDark: false,
  choose: () => undefined,
});
// Dark enough to be read as text; the grounds are said, for those that would be derived from these are muddy.
const lightStates = {
  colorError: "#c5282f",
  colorErrorBg: "#fdeeee",
  colorErrorBorder: "#f0b8ba",
  colorSuccess: "#1f7a2e",
  colorSuccessBg: "#ecf7ee",
  colorSuccessBorder: "#b3dcba",
  colorWarning: "#a15c00",
  colorWarningBg: "#fff6e5",
  colorWarningBorder: "#efd09a",
};
const dark = matchMedia("(prefers-color-scheme: dark)");
const still = matchMedia("(prefers-reduced-motion: reduce)");

export function ThemeProvider({ children }: { children: ReactNode }) {
  const { language } = useSpeech();
  const stored = localStorage.getItem(storageKey);
  const [look, setLook] = useState<Look>(stored === "light" || stored === "dark" ? stored : "system");
  const [systemDark, setSystemDark] = useState(dark.matches);
  useEffect(() => {
    const changed = () => setSystemDark(dark.matches);
    dark.addEventListener("change", changed);
    return () => dark.removeEventListener("change", changed);
  }, []);
  const isDark = look === "dark" || (look === "system" && systemDark);
  useEffect(() => {
    document.documentElement.dataset["theme"] = isDark ? "dark" : "light";
  }, [isDark]);
  const choose = (next: Look) => {
    localStorage.setItem(storageKey, next);
    setLook(next);
  };
  // Fainter than this, text is hard to read.
  const faint = isDark ? "#a9afc3" : "#5b6072";
  const token = {
    borderRadius: 8,
    ...(isDark ? {} : lightStates),
    colorLink: isDark ? "#a9b6ff" : "#3346b8",
    colorLinkHover: isDark ? "#c3ccff" : "#26348a",
    colorLinkActive: isDark ? "#c3ccff" : "#26348a",
    colorInfo: isDark ? "#8493ff" : "#3346b8",
    colorPrimary: isDark ? "#5060d8" : "#3346b8",
    colorTextDescription: faint,
    colorTextPlaceholder: faint,
    colorTextTertiary: faint,
    motion: !still.matches,
  };
  const algorithm = isDark ? themes.darkAlgorithm : themes.defaultAlgorithm;
  return (
    <LookContext.Provider value={{ look, isDark, choose }}>
      <StyleProvider container={styleContainer}>
        <ConfigProvider locale={language === "zh" ? zh : en} theme={{ algorithm, token }}>
          <App className="app">{children}</App>
        </ConfigProvider>
      </StyleProvider>
    </LookContext.Provider>
  );
}

export function useLook() {
  return useContext(LookContext);
}

export function useIsDark(): boolean {
  return useContext(LookContext).isDark;
}
