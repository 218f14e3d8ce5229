// My sessions: sorted, chosen, several of them selected.

import { Empty, Select } from "antd";
import { useState } from "react";
import { useDesk } from "../../frame/at_work.js";
import { useSpeech } from "../../frame/language.js";
import type { TextKey } from "../../texts.js";
import { Bulk } from "./bulk.js";
import { HeldRow } from "./rows.js";
import { canPick, pickedOf, toggled } from "./selection.js";
import { sorted, type Order } from "./sorting.js";
import { Window } from "./window.js";

const orders: readonly [Order, TextKey][] = [
  ["waiting", "sortWaiting"],
  ["newest", "sortNewest"],
  ["name", "sortName"],
];

export function Mine({ choose }: { choose(): void }) {
  const { say } = useSpeech();
  const desk = useDesk();
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const { order, sessions } = desk;
  const picked = pickedOf(sessions, selected);
  const sort = (
    <Select<Order>
      aria-label={say("sort")}
      variant="borderless"
      size="small"
      value={order}
      onChange={(chosen) => desk.sortBy(chosen)}
      options={orders.map(([value, label]) => ({ value, label: say(label) }))}
    />
  );
  return (
    <>
      <Bulk sessions={sessions} picked={picked} select={setSelected} beside={sessions.length > 0 && sort} />
      {sessions.length === 0 && <Empty className="nothing" description={say("nothingMine")} />}
      <Window
        items={sorted(sessions, order)}
        keyOf={({ view }) => view.conversation}
        row={(held) => (
          <HeldRow
            held={held}
            revision={held.revision}
            chosen={desk.current === held}
            picked={canPick(held) ? selected.has(held.session.session) : undefined}
            picking={picked.length > 0}
            choose={() => {
              choose();
              desk.choose(held.view.conversation);
            }}
            pick={() => setSelected((before) => toggled(before, held.session.session))}
          />
        )}
      />
    </>
  );
}
