// What is offered to me: why, how long it has waited, how long the offer stands.

import { Button, Dropdown, Progress } from "antd";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { useState } from "react";
import type { Session } from "../../../gen/kefu/gateway/v1/session_pb.js";
import { useAct } from "../../frame/act.js";
import { useApi } from "../../frame/api.js";
import { useDesk } from "../../frame/at_work.js";
import { useSpeech } from "../../frame/language.js";
import { useNames } from "../../frame/names.js";
import type { TextKey } from "../../texts.js";
import { whyChosen } from "../conversation/why.js";
import { durationMs, spanText, useNow } from "../times.js";
import { nameOf } from "./names.js";

const reasons = ["declineBusy", "declineSubject", "declineLanguage", "declineOther"] as const satisfies readonly TextKey[];

export function Offers() {
  return useDesk().offers.map(({ session }) => <Offer key={`${session.session} ${session.offer}`} session={session} />);
}

function Offer({ session }: { session: Session }) {
  const { language, say } = useSpeech();
  const { agent } = useApi();
  const { act, busy } = useAct();
  const now = useNow();
  const names = useNames();
  const { session: name, offer, assignment, until } = session;
  const left = until ? Math.max(0, timestampMs(until) - now) : 0;
  const [whole] = useState(left);
  const seconds = say("seconds", { seconds: Math.ceil(left / 1000) });
  const decline = (reason: string) => act((requestId) => agent.declineOffer({ requestId, session: name, offer, reason }));
  return (
    <article className="offer" aria-live="polite">
      <header>
        <strong>{say("offer")}</strong>
        {until && <span>{seconds}</span>}
      </header>
      <p>{nameOf(say, session)}</p>
      <p className="faint">
        {assignment ? `${whyChosen(say, names, assignment)} ${say("explainWaited", { time: spanText(durationMs(assignment.waited)) })}` : names.group(session.group)}
      </p>
      {until && <Progress aria-label={seconds} percent={(100 * left) / Math.max(1, whole)} showInfo={false} size="small" />}
      <div className="buttons">
        <Button type="primary" loading={busy} onClick={() => void act((requestId) => agent.acceptOffer({ requestId, session: name, offer }))}>
          {say("accept")}
        </Button>
        <Dropdown
          trigger={["click"]}
          menu={{ items: reasons.map((key) => ({ key, label: say(key) })), onClick: ({ key }) => void decline(say(key as TextKey)) }}
        >
          <Button disabled={busy} lang={language}>
            {say("decline")}
          </Button>
        </Dropdown>
      </div>
    </article>
  );
}
