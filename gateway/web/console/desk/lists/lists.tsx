// Mine, the queue, all: the sessions that one can choose.

import { Checkbox, Empty, Segmented, Select } from "antd";
import { useState } from "react";
import { ListSessionsRequest_Scope } from "../../../gen/kefu/gateway/v1/agent_pb.js";
import type { Session } from "../../../gen/kefu/gateway/v1/session_pb.js";
import { useDesk, useMe } from "../../frame/at_work.js";
import { leads } from "../../frame/identity.js";
import { useSpeech } from "../../frame/language.js";
import { Shown } from "../../frame/load.js";
import type { TextKey } from "../../texts.js";
import { useNow } from "../times.js";
import { Bulk } from "./bulk.js";
import { nameOf } from "./names.js";
import { HeldRow, SessionRow } from "./rows.js";
import { sorted, type Order } from "./sorting.js";
import { useSessions } from "./use_sessions.js";
import { Window } from "./window.js";

type Tab = "mine" | "queue" | "all";
const orders: readonly [Order, TextKey][] = [
  ["waiting", "sortWaiting"],
  ["newest", "sortNewest"],
  ["name", "sortName"],
];

interface ListsProps {
  readonly visited: string | undefined;
  visit(session: Session | undefined): void;
}

export function Lists({ visited, visit }: ListsProps) {
  const { say } = useSpeech();
  const { sessions, waiting } = useDesk();
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
          { value: "mine", label: counted("mine", sessions.length) },
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

function Mine({ choose }: { choose(): void }) {
  const { say } = useSpeech();
  const desk = useDesk();
  const now = useNow();
  const [order, setOrder] = useState<Order>("waiting");
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  if (desk.sessions.length === 0) return <Empty className="nothing" description={say("nothingMine")} />;
  const mine = desk.sessions.filter(({ gone }) => !gone);
  const chosen = mine.filter(({ session }) => picked.has(session.session));
  const pick = (session: string, take: boolean) => {
    const next = new Set(picked);
    if (take) next.add(session);
    else next.delete(session);
    setPicked(next);
  };
  return (
    <>
      {chosen.length > 0 && (
        <Bulk chosen={chosen} all={() => setPicked(new Set(mine.map(({ session }) => session.session)))} clear={() => setPicked(new Set())} />
      )}
      <Select<Order>
        aria-label={say("sort")}
        className="sort"
        variant="borderless"
        size="small"
        value={order}
        onChange={setOrder}
        options={orders.map(([value, label]) => ({ value, label: say(label) }))}
      />
      <Window
        items={sorted(desk.sessions, order)}
        keyOf={({ view }) => view.conversation}
        row={(held) => (
          <div className="pickable" data-picked={picked.has(held.session.session)}>
            <Checkbox
              aria-label={say("pick", { name: nameOf(say, held.session) })}
              checked={picked.has(held.session.session)}
              onChange={({ target }) => pick(held.session.session, target.checked)}
            />
            <HeldRow
              held={held}
              revision={held.revision}
              now={held.waitingSince ? now : 0}
              chosen={desk.current === held}
              choose={() => {
                choose();
                desk.choose(held.view.conversation);
              }}
            />
          </div>
        )}
      />
    </>
  );
}

interface OthersProps extends ListsProps {
  readonly scope: ListSessionsRequest_Scope;
  readonly none: TextKey;
}

function Others({ scope, none, visited, visit }: OthersProps) {
  const { say } = useSpeech();
  const now = useNow();
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
              <SessionRow session={session} now={now} chosen={visited === session.session} choose={() => visit(session)} />
            )}
          />
        )
      }
    </Shown>
  );
}
