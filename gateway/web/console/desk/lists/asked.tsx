// The conversations that colleagues ask me about.

import { useDesk } from "../../frame/at_work.js";
import { useSpeech } from "../../frame/language.js";
import { buyerIn, questionIn } from "../conversation/side_thread.js";

interface AskedProps {
  readonly chosen: string | undefined;
  choose(consult: string): void;
}

export function Asked({ chosen, choose }: AskedProps) {
  const { say } = useSpeech();
  const desk = useDesk();
  return desk.asked.map(({ consult, conversation }) => {
    const entries = desk.aside(conversation)?.entries ?? [];
    const question = questionIn(entries, consult);
    return (
      <button key={consult} type="button" className="asked" aria-pressed={chosen === consult} data-consult={consult} onClick={() => choose(consult)}>
        <strong>{say("asked")}</strong>
        <span>{say("askedBy", { name: question?.sender?.displayName || say("agent"), buyer: buyerIn(say, entries) })}</span>
        <span className="faint" dir="auto">
          {question?.content?.kind.case === "note" ? question.content.kind.value.body : ""}
        </span>
      </button>
    );
  });
}
