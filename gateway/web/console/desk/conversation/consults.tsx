// The consults of a session that go on: a word into one, or its end. What was said in them stands in the timeline.

import { Button, Input } from "antd";
import { useState } from "react";
import type { Session } from "../../../gen/kefu/gateway/v1/session_pb.js";
import { useAct } from "../../frame/act.js";
import { useApi } from "../../frame/api.js";
import { useFromDesk } from "../../frame/at_work.js";
import { useSpeech } from "../../frame/language.js";

export function Consults({ session: { session } }: { session: Session }) {
  const consults = useFromDesk((desk) => desk.consults);
  return consults.filter((one) => one.session === session).map(({ consult }) => <SideThread key={consult} session={session} consult={consult} />);
}

export function SideThread({ session, consult }: { session: string; consult: string }) {
  const { say } = useSpeech();
  const { agent } = useApi();
  const { act, busy } = useAct();
  const [words, setWords] = useState("");
  const write = async () => {
    if (words.trim() === "") return;
    if (await act((requestId) => agent.writeConsult({ requestId, session, consult, text: words.trim() }))) setWords("");
  };
  return (
    <div className="consult">
      <Input
        aria-label={say("lineConsult")}
        addonBefore={say("lineConsult")}
        value={words}
        onChange={({ target }) => setWords(target.value)}
        onPressEnter={() => void write()}
      />
      <Button loading={busy} onClick={() => void act((requestId) => agent.endConsult({ requestId, session, consult }))}>
        {say("endConsult")}
      </Button>
    </div>
  );
}
