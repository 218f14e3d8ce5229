// A conversation that a colleague asks me about: I read along, and write into the side thread.

import { Alert } from "antd";
import type { Consult } from "../../../gen/kefu/gateway/v1/agent_pb.js";
import { useDesk } from "../../frame/at_work.js";
import { useSpeech } from "../../frame/language.js";
import { SideThread } from "./consults.js";
import { buyerIn, questionIn } from "./side_thread.js";
import { Timeline } from "./timeline.js";

export function Consulted({ consult: { consult, session, conversation } }: { consult: Consult }) {
  const { say } = useSpeech();
  const view = useDesk().aside(conversation);
  if (!view) return null;
  const name = questionIn(view.entries, consult)?.sender?.displayName || say("agent");
  return (
    <>
      <header className="conversation-head">
        <h2>{say("askedBy", { name, buyer: buyerIn(say, view.entries) })}</h2>
      </header>
      <Alert type="info" showIcon title={say("askedHint")} />
      <Timeline view={view} />
      <SideThread session={session} consult={consult} />
    </>
  );
}
