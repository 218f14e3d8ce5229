// What can be done with a session of mine.

import { Button, Dropdown } from "antd";
import { MoreOutlined } from "@ant-design/icons";
import { memo, useEffect, useState } from "react";
import { Session_State, type Session } from "../../../gen/kefu/gateway/v1/session_pb.js";
import { useAct } from "../../frame/act.js";
import { useApi } from "../../frame/api.js";
import { useDeskStore } from "../../frame/at_work.js";
import { useSpeech } from "../../frame/language.js";
import type { Held } from "../../live/held.js";
import { onDeskKey, tellDeskKey } from "../keys/events.js";
import { AskColleague } from "./ask_colleague.js";
import { Why } from "./why.js";
import { TransferOne } from "./transfer.js";

type Dialog = "transfer" | "consult" | "why";

interface ActionsProps {
  readonly held: Held;
  readonly session: Session;
  readonly gone: boolean;
}

// Drawn again when the session changes, not for every message.
export const Actions = memo(function Actions({ held, session, gone }: ActionsProps) {
  const { say } = useSpeech();
  const { agent } = useApi();
  const { act, busy } = useAct();
  const { me } = useDeskStore();
  const [dialog, setDialog] = useState<Dialog>();
  const { session: name, fence } = session;
  const active = session.state === Session_State.ACTIVE && !gone;

  const close = () =>
    act((requestId) => agent.closeSession({ requestId, session: name, fence, lastSeenSeq: held.view.lastSeq, reason: "solved" }));
  const hold = () =>
    act((requestId) => (session.held ? agent.resumeSession({ requestId, session: name }) : agent.holdSession({ requestId, session: name, fence })));
  const closeAndNext = async () => {
    if (await close()) tellDeskKey("longestElse");
  };
  useEffect(() => {
    if (!active) return;
    return onDeskKey((key) => {
      if (key === "close") void close();
      else if (key === "closeAndNext") void closeAndNext();
      else if (key === "hold") void hold();
      else if (key === "transfer") setDialog("transfer");
    });
  });

  return (
    <div className="actions">
      {active && (
        <>
          <Button onClick={() => setDialog("transfer")}>{say("transfer")}</Button>
          <Button loading={busy} onClick={() => void hold()}>
            {say(session.held ? "resume" : "hold")}
          </Button>
          <Button type="primary" loading={busy} onClick={() => void close()}>
            {say("close")}
          </Button>
        </>
      )}
      {session.state === Session_State.WRAP && !gone && (
        <Button type="primary" loading={busy} onClick={() => void act((requestId) => agent.finishWrapUp({ requestId, session: name }))}>
          {say("finish")}
        </Button>
      )}
      {gone && (
        <Button loading={busy} onClick={() => void act((requestId) => agent.reopenSession({ requestId, session: name }))}>
          {say("reopen")}
        </Button>
      )}
      <Dropdown
        trigger={["click"]}
        menu={{
          items: [
            ...(active ? [{ key: "consult", label: say("consult") }, { key: "closeAndNext", label: say("closeAndNext") }] : []),
            { key: "why", label: say("why") },
          ],
          onClick: ({ key }) => (key === "closeAndNext" ? void closeAndNext() : setDialog(key as Dialog)),
        }}
      >
        <Button type="text" icon={<MoreOutlined />} aria-label={say("palette")} />
      </Dropdown>
      {dialog === "transfer" && <TransferOne session={session} me={me?.agent} close={() => setDialog(undefined)} />}
      {dialog === "consult" && <AskColleague session={session} me={me?.agent} close={() => setDialog(undefined)} />}
      {dialog === "why" && <Why session={name} close={() => setDialog(undefined)} />}
    </div>
  );
});
