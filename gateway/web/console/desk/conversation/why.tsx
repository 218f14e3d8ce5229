// Why this agent has the session, or why it still waits.

import { Modal } from "antd";
import { Explanation_Reason, type Explanation } from "../../../gen/kefu/gateway/v1/board_pb.js";
import { Assignment_How, Session_State } from "../../../gen/kefu/gateway/v1/session_pb.js";
import { useApi } from "../../frame/api.js";
import { problemOf } from "../../../shared/problem.js";
import { useSpeech } from "../../frame/language.js";
import { Shown, useLoad } from "../../frame/load.js";
import type { Say, TextKey } from "../../texts.js";
import { durationMs, spanText } from "../times.js";

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
  const { say } = useSpeech();
  const { board } = useApi();
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
      <Shown loaded={found}>{(explanation) => linesOf(say, explanation).map((line) => <p key={line}>{line}</p>)}</Shown>
    </Modal>
  );
}

// Empty where nothing keeps it waiting.
export function whyWaits(say: Say, reason: Explanation_Reason): string {
  const why = reasons[reason];
  return why ? say("explainWaits", { reason: say(why) }) : "";
}

function linesOf(say: Say, explanation: Explanation | null): string[] {
  if (!explanation) return [say("explainForgotten")];
  const { session, reason, ahead } = explanation;
  const assignment = session?.assignment;
  if (session?.state === Session_State.WAITING) {
    return [whyWaits(say, reason), say("explainAhead", { ahead })].filter((line) => line !== "");
  }
  if (!assignment) return [say("howUnknown")];
  const how = hows[assignment.how];
  return [
    say("explainChosen", {
      how: how ? say(how) : say("howUnknown"),
      step: assignment.step + 1,
      group: assignment.group,
      eligible: assignment.eligible,
    }),
    say("explainWaited", { time: spanText(durationMs(assignment.waited)) }),
    ...(assignment.runnerUp === "" ? [] : [say("explainRunnerUp", { name: assignment.runnerUp })]),
  ];
}
