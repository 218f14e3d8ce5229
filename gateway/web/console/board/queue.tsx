// Who waits, in the order in which they are served, each with the reason.

import { Button } from "antd";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { useState } from "react";
import type { Board } from "../../gen/kefu/gateway/v1/board_pb.js";
import { Why, whyWaits } from "../desk/conversation/why.js";
import { nameOf } from "../desk/lists/names.js";
import { urgency } from "../desk/lists/sorting.js";
import { spanText, useNow } from "../desk/times.js";
import { useApi } from "../frame/api.js";
import { useSpeech } from "../frame/language.js";
import { Shown, useLoad } from "../frame/load.js";
import { useNames } from "../frame/names.js";

export function Queue({ board: { groups, time } }: { board: Board }) {
  const { say } = useSpeech();
  const { board } = useApi();
  const now = useNow();
  const [asked, setAsked] = useState<string>();
  const names = useNames();
  const waiting = groups.reduce((sum, group) => sum + group.waiting, 0);
  // Asked again with every new board that somebody waits on.
  const found = useLoad(
    async (signal) => (waiting === 0 ? [] : (await board.listQueue({ pageSize: 50 }, { signal })).sessions),
    [board, waiting === 0 ? 0 : time?.seconds],
  );
  return (
    <section>
      <h2>{say("queue")}</h2>
      <Shown loaded={found}>
        {(sessions) =>
          sessions.length === 0 ? (
            <p className="faint">{say("nothingQueued")}</p>
          ) : (
            <ol className="queue">
              {sessions.map(({ session, reason, ahead }) => {
                if (!session) return null;
                const waits = session.enqueueTime ? now - timestampMs(session.enqueueTime) : 0;
                return (
                  <li key={session.session} data-session={session.session}>
                    <strong>{nameOf(say, session)}</strong>
                    <time data-urgency={urgency(waits)}>{spanText(waits)}</time>
                    <span className="faint">
                      {names.group(session.group)} · {say("explainAhead", { ahead })} {whyWaits(say, reason)}
                    </span>
                    <Button size="small" onClick={() => setAsked(session.session)}>
                      {say("why")}
                    </Button>
                  </li>
                );
              })}
            </ol>
          )
        }
      </Shown>
      {asked !== undefined && <Why session={asked} close={() => setAsked(undefined)} />}
    </section>
  );
}
