// A conversation as it was said, read from the place that was found.

import { CloseOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useEffect, useMemo, useRef } from "react";
import { ConversationView } from "../../shared/conversation.js";
import { Timeline } from "../desk/conversation/timeline.js";
import { useApi } from "../frame/api.js";
import { useSpeech } from "../frame/language.js";
import { Shown, useLoad } from "../frame/load.js";
import "../desk/desk.css";

export interface Place {
  readonly conversation: string;
  // The entry that was found; undefined: the end.
  readonly seq: bigint | undefined;
}

const around = 50n;
// Before the end, wherever that is.
const endSeq = 2n ** 53n;

export function Reading({ place: { conversation, seq }, close }: { place: Place; close(): void }) {
  const { say } = useSpeech();
  const { agent } = useApi();
  const box = useRef<HTMLElement>(null);
  const view = useMemo(() => new ConversationView(conversation, false), [conversation]);
  const loaded = useLoad(
    async (signal) => {
      const beforeSeq = seq === undefined ? endSeq : seq + around;
      return (await agent.listMessages({ conversation, beforeSeq, pageSize: Number(2n * around) }, { signal })).entries;
    },
    [agent, conversation, seq],
  );
  useEffect(() => {
    if (!loaded.value || seq === undefined) return;
    const found = box.current?.querySelector(`[data-seq="${seq}"]`);
    found?.scrollIntoView({ block: "center" });
    found?.classList.add("was-found");
  }, [loaded.value, seq]);
  return (
    <aside className="reading" ref={box} aria-label={say("transcripts")}>
      <header>
        <span className="faint">{conversation}</span>
        <Button type="text" icon={<CloseOutlined />} aria-label={say("close")} onClick={close} />
      </header>
      <Shown loaded={loaded}>{(entries) => <Timeline view={view} earlier={entries} />}</Shown>
    </aside>
  );
}
