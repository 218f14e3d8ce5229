// The state of a live stream in words.

import type { FollowState } from "../shared/follow.js";
import type { Language } from "../shared/language.js";
import { text } from "./texts.js";

export function linkText(language: Language, link: FollowState | "off"): string {
  switch (link) {
    case "connecting":
      return text(language, "linkConnecting");
    case "live":
      return text(language, "linkLive");
    case "waiting":
      return text(language, "linkWaiting");
    case "off":
      return text(language, "linkOff");
  }
}
