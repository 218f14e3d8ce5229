// Everything that was said, by whom and when: messages, cards, notes, lines of the system.

import { Alert, Button } from "antd";
import { memo, useLayoutEffect, useRef, type ReactNode } from "react";
import { Sender_Kind, type Entry } from "../../../gen/kefu/common/v1/entry_pb.js";
import type { ConversationView, Tick } from "../../../shared/conversation.js";
import type { Outgoing } from "../../../shared/outbox.js";
import { ContentView } from "../../cards/kinds.js";
import { plainOf, systemText } from "../../cards/plain.js";
import { useSpeech } from "../../frame/language.js";
import type { Draft, Held } from "../../live/held.js";
import { problemText, type TextKey } from "../../texts.js";
import { momentText } from "../times.js";

interface TimelineProps {
  readonly view: ConversationView;
  readonly earlier?: readonly Entry[];
  readonly above?: ReactNode;
  readonly below?: ReactNode;
}

// Keeps to the end, unless somebody reads further up.
export function Timeline({ view, earlier = [], above, below }: TimelineProps) {
  const { say } = useSpeech();
  const log = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const scrolled = () => {
    const node = log.current!;
    atEnd.current = node.scrollHeight - node.scrollTop - node.clientHeight < 40;
  };
  useLayoutEffect(() => {
    if (atEnd.current && log.current) log.current.scrollTop = log.current.scrollHeight;
  });
  return (
    <div className="log" ref={log} onScroll={scrolled} tabIndex={0} role="log" aria-label={say("desk")}>
      {above}
      <ol className="entries">
        {[...earlier, ...view.entries].map((entry) => (
          <EntryRow
            key={String(entry.seq)}
            entry={entry}
            quoted={quotedBy(entry, view)}
            recalled={view.isRecalled(entry.seq)}
            tick={view.tick(entry.seq, Sender_Kind.BUYER)}
          />
        ))}
      </ol>
      {below}
    </div>
  );
}

function quotedBy({ content }: Entry, { entries }: ConversationView): Entry | undefined {
  const seq = content?.quotedSeq ?? 0n;
  return seq === 0n ? undefined : entries.find((entry) => entry.seq === seq);
}

interface EntryProps {
  readonly entry: Entry;
  readonly quoted: Entry | undefined;
  readonly recalled: boolean;
  readonly tick: Tick;
}

const EntryRow = memo(function EntryRow({ entry, quoted, recalled, tick }: EntryProps) {
  const { language, locale, say } = useSpeech();
  const kind = entry.content?.kind;
  if (kind?.case === "recall") return null;
  const time = momentText(locale, entry.createTime);
  if (kind?.case === "system") {
    const line = systemText(language, kind.value);
    return line === "" ? null : (
      <li className="entry system" data-seq={String(entry.seq)}>
        <span dir="auto">{line}</span> <time>{time}</time>
      </li>
    );
  }
  const ours = entry.sender?.kind === Sender_Kind.AGENT;
  const note = kind?.case === "note" ? kind.value : undefined;
  const label: TextKey | undefined = note && (note.whisper ? "lineWhisper" : note.consult !== "" ? "lineConsult" : "lineNote");
  const gone = entry.redacted || !kind?.case || recalled;
  return (
    <li className={`entry ${ours ? "ours" : "theirs"} ${note ? "note" : ""}`} data-seq={String(entry.seq)}>
      <p className="who">
        {label && <b>{say(label)} · </b>}
        {entry.sender?.displayName || say(ours ? "agent" : entry.sender?.kind === Sender_Kind.BUYER ? "buyer" : "byItself")} <time>{time}</time>
      </p>
      {quoted && <blockquote dir="auto">{plainOf(language, quoted)}</blockquote>}
      <div className="body" dir="auto">
        {gone ? <i>{say(recalled ? "recalled" : "gone")}</i> : <ContentView kind={kind} />}
      </div>
      {ours && !note && <p className="tick">{say(tick === "acknowledged" ? "sent" : tick)}</p>}
    </li>
  );
});

// What is not in the log yet.
export function OnTheWay({ held }: { held: Held }) {
  const { say } = useSpeech();
  return (
    <>
      <ol className="entries">
        {held.outbox.messages.map((item) => (
          <OutgoingRow key={item.requestId} held={held} item={item} />
        ))}
      </ol>
      <p className="typing" aria-live="polite">
        {held.buyerTyping.typing ? say("buyerTyping") : ""}
      </p>
    </>
  );
}

function OutgoingRow({ held, item: { requestId, payload, state, problem } }: { held: Held; item: Outgoing<Draft> }) {
  const { language, say } = useSpeech();
  const again = (
    <span className="buttons">
      <Button size="small" onClick={() => held.outbox.retry(requestId)}>
        {say("retry")}
      </Button>
      <Button size="small" onClick={() => held.outbox.discard(requestId)}>
        {say("discard")}
      </Button>
    </span>
  );
  return (
    <li className={`entry ours ${payload.note ? "note" : ""}`} data-state={state}>
      <div className="body" dir="auto">
        {payload.card ? <ContentView kind={payload.card as never} /> : payload.body}
      </div>
      {state === "failed" && problem ? (
        <Alert type="error" title={problemText(language, problem)} action={again} />
      ) : (
        <p className="tick">{say(state === "sending" ? "sending" : "sent")}</p>
      )}
    </li>
  );
}
