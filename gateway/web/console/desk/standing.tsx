// In the top bar: my state, my load, the queue, the connection.

import { Badge, Select, Tag, Tooltip } from "antd";
import { Presence, Readiness } from "../../gen/kefu/gateway/v1/session_pb.js";
import { useAct } from "../frame/act.js";
import { useApi } from "../frame/api.js";
import { useDesk } from "../frame/at_work.js";
import { useSpeech } from "../frame/language.js";
import type { TextKey } from "../texts.js";

const presences: readonly [Presence, TextKey, "success" | "warning" | "error" | "default"][] = [
  [Presence.ONLINE, "online", "success"],
  [Presence.BUSY, "busy", "warning"],
  [Presence.BREAK, "break", "warning"],
  [Presence.HUNG_UP, "hungUp", "error"],
  [Presence.OFFLINE, "offline", "default"],
];

const links = {
  live: ["success", "linkLive"],
  connecting: ["processing", "linkConnecting"],
  waiting: ["error", "linkWaiting"],
} as const;

export function Standing() {
  const { say } = useSpeech();
  const { agent } = useApi();
  const { me, waiting, link, lastSeq } = useDesk();
  const { act, busy } = useAct();
  const [status, sentence] = links[link];
  return (
    <span className="standing">
      <Select
        aria-label={say("presence")}
        className="presence"
        loading={busy}
        disabled={!me}
        value={me?.presence || Presence.OFFLINE}
        onChange={(presence) => void act((requestId) => agent.setPresence({ requestId, presence }))}
        options={presences.map(([value, label, dot]) => ({ value, label: <Badge status={dot} text={say(label)} /> }))}
      />
      {me?.readiness === Readiness.MISSED && <Tag color="error">{say("missed")}</Tag>}
      {me && <span className="load">{say("slots", { used: me.used, capacity: me.capacity })}</span>}
      <span className="queued">{say("queued", { waiting })}</span>
      <Tooltip title={say(sentence, { seq: lastSeq })}>
        <span className="light" role="status" aria-label={say(sentence, { seq: lastSeq })} data-link={link}>
          <Badge status={status} />
        </span>
      </Tooltip>
    </span>
  );
}
