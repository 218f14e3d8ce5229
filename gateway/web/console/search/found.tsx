// Entries that have the words, each with the words marked.

import { Button } from "antd";
import { Sender_Kind } from "../../gen/kefu/common/v1/entry_pb.js";
import type { SearchTranscriptsResponse_Hit } from "../../gen/kefu/records/v1/service_pb.js";
import { momentText } from "../desk/times.js";
import { useSpeech } from "../frame/language.js";
import { marked } from "./marked.js";
import type { Place } from "./reading.js";

interface Props {
  readonly hits: readonly SearchTranscriptsResponse_Hit[];
  readonly names: ReadonlyMap<string, string>;
  read?(place: Place): void;
}

export function Found({ hits, names, read }: Props) {
  const { say, locale } = useSpeech();
  const who = ({ senderKind, sender }: SearchTranscriptsResponse_Hit) =>
    senderKind === Sender_Kind.AGENT ? (names.get(sender) ?? sender) : say(senderKind === Sender_Kind.BUYER ? "buyer" : "theSystem");
  return (
    <ol className="found">
      {hits.map((hit) => (
        <li key={`${hit.conversation} ${hit.seq}`}>
          <p className="faint">
            <b>{who(hit)}</b> <time>{momentText(locale, hit.time)}</time>
            {read && (
              <Button size="small" type="link" onClick={() => read({ conversation: hit.conversation, seq: hit.seq })}>
                {say("readIt")}
              </Button>
            )}
          </p>
          <p dir="auto">{marked(hit.text, hit.matches).map(({ text, found }, i) => (found ? <mark key={i}>{text}</mark> : <span key={i}>{text}</span>))}</p>
        </li>
      ))}
    </ol>
  );
}
