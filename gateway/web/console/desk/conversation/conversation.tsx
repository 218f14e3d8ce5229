// A conversation of mine: who and what state, what can be done, what was said, and where to write.

import { Alert, Tag } from "antd";
import { useEffect } from "react";
import { Session_State } from "../../../gen/kefu/gateway/v1/session_pb.js";
import { useApi } from "../../frame/api.js";
import { useChanges, useFromDesk } from "../../frame/at_work.js";
import { useSpeech } from "../../frame/language.js";
import type { Held } from "../../live/held.js";
import { nameOf, stateKey } from "../lists/names.js";
import { Actions } from "./actions.js";
import { otherWriter } from "./collision.js";
import { Composer } from "./composer.js";
import { Consults } from "./consults.js";
import { OnTheWay, Timeline } from "./timeline.js";

export function Conversation({ held }: { held: Held }) {
  const { say } = useSpeech();
  useChanges(held);
  const { session, gone, view, suggestion } = held;
  const wrap = session.state === Session_State.WRAP;
  const active = session.state === Session_State.ACTIVE && !gone;
  useReading(held, (active || wrap) && !gone);
  const me = useFromDesk((desk) => desk.me?.agent);
  const other = otherWriter(view.entries, me, session.assignTime);
  return (
    <>
      <header className="conversation-head">
        <h2>
          {nameOf(say, session)} <Tag>{say(gone ? "closed" : stateKey(session))}</Tag>
        </h2>
        <Actions held={held} session={session} gone={gone} />
      </header>
      {other !== undefined && active && <Alert type="warning" showIcon title={say("collision", { name: other })} />}
      <Timeline view={view} below={<OnTheWay held={held} />} />
      <Consults session={session} />
      {(active || wrap) && !gone && <Composer held={held} suggestion={suggestion} noteOnly={wrap} />}
    </>
  );
}

// What is looked at is read: said when the page is seen, and once for each entry.
function useReading(held: Held, active: boolean): void {
  const { agent } = useApi();
  const { lastSeq, conversation } = held.view;
  useEffect(() => {
    const seen = () => {
      if (!active || document.visibilityState !== "visible" || lastSeq <= held.readSeq) return;
      held.readSeq = lastSeq;
      held.changed();
      // The next mark makes up for one that gets lost.
      agent.moveMarks({ conversation, deliveredSeq: lastSeq, readSeq: lastSeq }).catch(() => undefined);
    };
    seen();
    document.addEventListener("visibilitychange", seen);
    return () => document.removeEventListener("visibilitychange", seen);
  }, [agent, held, conversation, lastSeq, active]);
}
