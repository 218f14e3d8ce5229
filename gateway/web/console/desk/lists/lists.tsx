// Mine, the queue, all: the sessions that one can choose.

import { Empty, Segmented } from "antd";
import { useState } from "react";
import { ListSessionsRequest_Scope } from "../../../gen/kefu/gateway/v1/agent_pb.js";
import type { Session } from "../../../gen/kefu/gateway/v1/session_pb.js";
import { useFromDesk, useMe } from "../../frame/at_work.js";
import { leads } from "../../frame/identity.js";
import { useSpeech } from "../../frame/language.js";
import { Shown } from "../../frame/load.js";
import type { TextKey } from "../../texts.js";
import { Mine } from "./mine.js";
import { SessionRow } from "./rows.js";
import { useSessions } from "./use_sessions.js";
import { Window } from "./window.js";

type Tab = "mine" | "queue" | "all";

interface ListsProps {
  readonly visited: string | undefined;
  visit(session: Session | undefined): void;
}

export function Lists({ visited, visit }: ListsProps) {
  const { say } = useSpeech();
  const mine = useFromDesk((desk) => desk.sessions.length);
  const waiting = useFromDesk((desk) => desk.waiting);
  const lead = leads(useMe());
  const [tab, setTab] = useState<Tab>("mine");
  const counted = (key: Tab, count: number) => (count > 0 ? `${say(key)} ${count}` : say(key));
  return (
    <>
      <Segmented<Tab>
        block
        value={tab}
        onChange={setTab}
        options={[
          { value: "mine", label: counted("mine", mine) },
          { value: "queue", label: counted("queue", waiting) },
          ...(lead ? [{ value: "all" as const, label: say("all") }] : []),
        ]}
      />
      {tab === "mine" && <Mine choose={() => visit(undefined)} />}
      {tab === "queue" && <Others scope={ListSessionsRequest_Scope.WAITING} none="nothingQueued" visited={visited} visit={visit} />}
      {tab === "all" && <Others scope={ListSessionsRequest_Scope.ALL} none="nothingAll" visited={visited} visit={visit} />}
    </>
  );
}

interface OthersProps extends ListsProps {
  readonly scope: ListSessionsRequest_Scope;
  readonly none: TextKey;
}

function Others({ scope, none, visited, visit }: OthersProps) {
  const { say } = useSpeech();
  const found = useSessions(scope);
  return (
    <Shown loaded={found}>
      {(sessions) =>
        sessions.length === 0 ? (
          <Empty className="nothing" description={say(none)} />
        ) : (
          <Window
            items={sessions}
            keyOf={({ session }) => session}
            row={(session) => (
              <SessionRow session={session} chosen={visited === session.session} choose={() => visit(session)} />
            )}
          />
        )
      }
    </Shown>
  );
}
