// A row of a list: who, what was said last, how long it waits.

import { Badge, Tag } from "antd";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { memo } from "react";
import { Session_State, type Session } from "../../../gen/kefu/gateway/v1/session_pb.js";
import { useSpeech } from "../../frame/language.js";
import { useNames } from "../../frame/names.js";
import type { Held } from "../../live/held.js";
import { plainOf } from "../../cards/plain.js";
import { spanText, useNow } from "../times.js";
import { aboutOrder, nameOf, rankKey, stateKey } from "./names.js";
import { urgency } from "./sorting.js";

interface HeldRowProps {
  readonly held: Held;
  // Held changes in place: this says that it did.
  readonly revision: number;
  readonly chosen: boolean;
  // Absent: it cannot be selected.
  readonly picked: boolean | undefined;
  // Some are.
  readonly picking: boolean;
  choose(): void;
  pick(): void;
}

export const HeldRow = memo(
  function HeldRow({ held, chosen, picked, picking, choose, pick }: HeldRowProps) {
    const { language, say } = useSpeech();
    const { session, waitingSince, unread, view, gone } = held;
    const last = view.entries.findLast((entry) => entry.content?.kind.case !== "system") ?? view.entries.at(-1);
    const state = gone ? "closed" : stateKey(session);
    return (
      <>
        <button type="button" className="row mine" aria-pressed={chosen} data-session={session.session} onClick={choose}>
          <span className="row-name">
            <span className="row-who">{nameOf(say, session)}</span>
            <Flags session={session} />
            {state !== "active" && <Tag>{say(state)}</Tag>}
          </span>
          <span className="row-time">{waitingSince && <Wait since={waitingSince.getTime()} />}</span>
          <span className="row-last">{last ? plainOf(language, last) : ""}</span>
          <span className="row-unread">{unread > 0 && <Badge count={unread} title={say("unread", { count: unread })} />}</span>
        </button>
        {picked !== undefined && (
          <input
            type="checkbox"
            className="row-pick"
            data-picking={picking}
            aria-label={say("pick", { name: nameOf(say, session) })}
            checked={picked}
            onChange={pick}
          />
        )}
      </>
    );
  },
  (a, b) =>
    a.held === b.held && a.revision === b.revision && a.chosen === b.chosen && a.picked === b.picked && a.picking === b.picking,
);

interface SessionRowProps {
  readonly session: Session;
  readonly chosen: boolean;
  choose(): void;
}

export function SessionRow({ session, chosen, choose }: SessionRowProps) {
  const { say } = useSpeech();
  const names = useNames();
  const waits = session.state === Session_State.WAITING && session.enqueueTime;
  return (
    <button type="button" className="row" aria-pressed={chosen} data-session={session.session} onClick={choose}>
      <span className="row-name">
        <span className="row-who">{nameOf(say, session)}</span>
        <Flags session={session} />
      </span>
      <span className="row-time">{waits && <Wait since={timestampMs(waits)} />}</span>
      <span className="row-last">
        {say(stateKey(session))} · {names.group(session.group)}
      </span>
      <span className="row-unread" />
    </button>
  );
}

// What the buyer is to the shop, and whether it is about an order.
function Flags({ session }: { session: Session }) {
  const { say } = useSpeech();
  const rank = rankKey(session);
  const order = aboutOrder(session);
  return (
    <>
      {rank && <Tag color="warning">{say(rank)}</Tag>}
      {order !== undefined && (
        <Tag color="blue" title={order === "" ? say("asksAboutOrder") : say("asksAboutOrderNumber", { number: order })}>
          {say("order")}
        </Tag>
      )}
    </>
  );
}

// By itself, so that a second does not draw the whole row.
function Wait({ since }: { since: number }) {
  const ms = useNow() - since;
  return <time data-urgency={urgency(ms)}>{spanText(ms)}</time>;
}
