// Where colleagues ask me: each leads to the conversation that it is about.

import { Button } from "antd";
import type { Session } from "../../../gen/kefu/gateway/v1/session_pb.js";
import { useAct } from "../../frame/act.js";
import { useApi } from "../../frame/api.js";
import { useDesk } from "../../frame/at_work.js";
import { useSpeech } from "../../frame/language.js";

export function Asked({ visit }: { visit(session: Session): void }) {
  const { say } = useSpeech();
  const { agent } = useApi();
  const { act, busy } = useAct();
  return useDesk().asked.map(({ consult, session }) => (
    <article key={consult} className="offer" aria-live="polite">
      <strong>{say("askedYou")}</strong>
      <div className="buttons">
        <Button type="primary" loading={busy} onClick={() => void act(async () => visit(await agent.getSession({ session })))}>
          {say("lookAtIt")}
        </Button>
      </div>
    </article>
  ));
}
