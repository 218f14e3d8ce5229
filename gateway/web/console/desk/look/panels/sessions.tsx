// What the buyer asked before.

import { closeReason } from "../../../cards/plain.js";
import { useSpeech } from "../../../frame/language.js";
import { momentText, spanText } from "../../times.js";
import type { PanelProps } from "../panels.js";
import { Nothing } from "./facts.js";

export function SessionsPanel({ look: { earlierSessions } }: PanelProps) {
  const { language, locale, say } = useSpeech();
  if (earlierSessions.length === 0) return <Nothing>{say("noSessions")}</Nothing>;
  return (
    <ul className="sessions">
      {earlierSessions.map(({ session, openTime, closeReason: reason, buyerMessages, agentMessages, answered, firstResponseMs, stars }) => (
        <li key={session}>
          <span>{momentText(locale, openTime)}</span>
          <span className="faint">
            {say("sessionSum", { buyer: buyerMessages, agent: agentMessages })}
            {answered ? ` · ${say("firstResponse", { time: spanText(Number(firstResponseMs)) })}` : ""}
            {reason === "" ? "" : ` · ${closeReason(language, reason)}`}
            {stars > 0 ? ` · ${"★".repeat(stars)}` : ""}
          </span>
        </li>
      ))}
    </ul>
  );
}
