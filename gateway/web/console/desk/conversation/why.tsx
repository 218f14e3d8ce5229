// Why this agent has the session, or why it still waits.

import { Modal } from "antd";
import { Explanation_Reason, type Explanation } from "../../../gen/kefu/gateway/v1/board_pb.js";
import { Assignment_How, Session_State, type Assignment } from "../../../gen/kefu/gateway/v1/session_pb.js";
import { useApi } from "../../frame/api.js";
import { problemOf } from "../../../shared/problem.js";
import { useSpeech } from "../../frame/language.js";
import { Shown, useLoad } from "../../frame/load.js";
import { useNames, type Names } from "../../frame/names.js";
import type { Say, TextKey } from "../../texts.js";
import { durationMs, momentText, spanText } from "../times.js";

const hows: Partial<Record<Assignment_How, TextKey>> = {
  [Assignment_How.SESSION_CHOSE]: "howSession",
  [Assignment_How.AGENT_CHOSE]: "howAgent",
  [Assignment_How.LAST_AGENT]: "howLast",
  [Assignment_How.BY_HAND]: "howHand",
};

const reasons: Partial<Record<Explanation_Reason, TextKey>> = {
  [Explanation_Reason.BUYER_AWAY]: "whyBuyerAway",
  [Explanation_Reason.LAST_AGENT]: "whyLastAgent",
  [Explanation_Reason.NOBODY_ONLINE]: "whyNobody",
  [Explanation_Reason.MANUAL_CLAIM]: "whyClaim",
  [Explanation_Reason.NOBODY_HAS_ROOM]: "whyFull",
  [Explanation_Reason.EXCLUDED]: "whyExcluded",
  [Explanation_Reason.NEXT]: "whyNext",
};

export function Why({ session, close }: { session: string; close(): void }) {
  const { locale, say } = useSpeech();
  const { board } = useApi();
  const names = useNames();
  const found = useLoad(
    async (signal) => {
      try {
        return (await board.explainSession({ session }, { signal })).explanation ?? null;
      } catch (error) {
        if (problemOf(error).reason === "NO_SUCH_SESSION") return null;
        throw error;
      }
    },
    [board, session],
  );
  return (
    <Modal title={say("explainTitle")} open footer={null} onCancel={close}>
      <Shown loaded={found}>{(explanation) => linesOf(say, locale, names, explanation).map((line) => <p key={line}>{line}</p>)}</Shown>
    </Modal>
  );
}

// Empty where nothing keeps it waiting.
export function whyWaits(say: Say, reason: Explanation_Reason): string {
  const why = reasons[reason];
  return why ? say("explainWaits", { reason: say(why) }) : "";
}

// Why this agent was chosen.
export function whyChosen(say: Say, names: Names, { how, step, group, eligible }: Assignment): string {
  const known = hows[how];
  return say("explainChosen", { how: say(known ?? "howUnknown"), step: step + 1, group: names.group(group), eligible });
}

function linesOf(say: Say, locale: string, names: Names, explanation: Explanation | null): string[] {
  if (!explanation) return [say("explainForgotten")];
  const { session } = explanation;
  if (session?.state === Session_State.WAITING) return waitingLines(say, locale, names, explanation);
  const assignment = session?.assignment;
  if (!assignment) return [say("howUnknown")];
  // Where an agent chose, the one who came next is a session.
  const next = assignment.how === Assignment_How.SESSION_CHOSE ? assignment.runnerUp : "";
  return [
    whyChosen(say, names, assignment),
    say("explainWaited", { time: spanText(durationMs(assignment.waited)) }),
    ...(next === "" ? [] : [say("explainRunnerUp", { name: names.agent(next) })]),
  ];
}

function waitingLines(say: Say, locale: string, names: Names, explanation: Explanation): string[] {
  const { reason, ahead, eligible, withRoom, excluded, nextGroup, nextTime, waitsUntil, lastAgentUntil, buyerAwayUntil, nextAgent } = explanation;
  const until = reason === Explanation_Reason.BUYER_AWAY ? buyerAwayUntil : reason === Explanation_Reason.LAST_AGENT ? lastAgentUntil : undefined;
  return [
    whyWaits(say, reason),
    until ? say("explainUntil", { time: momentText(locale, until) }) : "",
    say("explainAhead", { ahead }),
    say("explainEligible", { eligible, room: withRoom }),
    ...excluded.map((one) => say("explainExcluded", { name: names.agent(one.agent), time: momentText(locale, one.until) })),
    nextAgent === "" ? "" : say("explainNextAgent", { name: names.agent(nextAgent) }),
    nextTime ? say("explainNextGroup", { group: names.group(nextGroup), time: momentText(locale, nextTime) }) : "",
    waitsUntil ? say("explainWaitsUntil", { time: momentText(locale, waitsUntil) }) : "",
  ].filter((line) => line !== "");
}
