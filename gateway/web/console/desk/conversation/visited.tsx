// A session that is not mine: of the queue, or of somebody else. Supervisors read along and may act.

import { Button, Input, Modal, Tag } from "antd";
import { useMemo, useState } from "react";
import { Session_State, type Session } from "../../../gen/kefu/gateway/v1/session_pb.js";
import { ConversationView } from "../../../shared/conversation.js";
import { useAct, type Act } from "../../frame/act.js";
import { useApi } from "../../frame/api.js";
import { useMe } from "../../frame/at_work.js";
import { leads } from "../../frame/identity.js";
import { useSpeech } from "../../frame/language.js";
import { Shown, useLoad } from "../../frame/load.js";
import { nameOf, stateKey } from "../lists/names.js";
import { Timeline } from "./timeline.js";
import { Why } from "./why.js";

export function Visited({ session, done }: { session: Session; done(): void }) {
  const { say } = useSpeech();
  const { agent } = useApi();
  const { act, busy } = useAct();
  const lead = leads(useMe());
  const [dialog, setDialog] = useState<"why" | "whisper">();
  const { session: name, fence, state } = session;
  const waits = state === Session_State.WAITING;
  const and = async (work: Parameters<Act>[0]) => {
    if (await act(work)) done();
  };
  return (
    <>
      <header className="conversation-head">
        <h2>
          {nameOf(say, session)} <Tag>{say(stateKey(session))}</Tag>
        </h2>
        <div className="actions">
          {waits && (
            <Button type="primary" loading={busy} onClick={() => void and((requestId) => agent.claimSession({ requestId, session: name }))}>
              {say("claim")}
            </Button>
          )}
          {lead && (
            <>
              <Button loading={busy} onClick={() => void and((requestId) => agent.takeOverSession({ requestId, session: name }))}>
                {say("takeOver")}
              </Button>
              {!waits && (
                <>
                  <Button onClick={() => setDialog("whisper")}>{say("whisper")}</Button>
                  <Button loading={busy} onClick={() => void and((requestId) => agent.requeueSession({ requestId, session: name, fence }))}>
                    {say("requeue")}
                  </Button>
                </>
              )}
            </>
          )}
          <Button onClick={() => setDialog("why")}>{say("why")}</Button>
        </div>
      </header>
      {lead && <ReadAlong conversation={session.conversation} />}
      {dialog === "why" && <Why session={name} close={() => setDialog(undefined)} />}
      {dialog === "whisper" && <Whisper session={name} close={() => setDialog(undefined)} />}
    </>
  );
}

function ReadAlong({ conversation }: { conversation: string }) {
  const { agent } = useApi();
  const found = useLoad(
    async (signal) => (await agent.listMessages({ conversation, pageSize: 200, beforeSeq: maxSeq }, { signal })).entries,
    [agent, conversation],
  );
  const view = useMemo(() => new ConversationView(conversation, false), [conversation]);
  return <Shown loaded={found}>{(entries) => <Timeline view={view} earlier={entries} />}</Shown>;
}

// Before the end, wherever that is.
const maxSeq = 2n ** 53n;

function Whisper({ session, close }: { session: string; close(): void }) {
  const { say } = useSpeech();
  const { agent } = useApi();
  const { act, busy } = useAct();
  const [words, setWords] = useState("");
  const send = async () => {
    if (words.trim() !== "" && (await act((requestId) => agent.whisper({ requestId, session, text: words.trim() })))) close();
  };
  return (
    <Modal title={say("whisper")} open okText={say("send")} cancelText={say("cancel")} confirmLoading={busy} onOk={() => void send()} onCancel={close}>
      <Input.TextArea autoFocus rows={3} maxLength={2000} aria-label={say("whisperHint")} placeholder={say("whisperHint")} value={words} onChange={({ target }) => setWords(target.value)} />
    </Modal>
  );
}
