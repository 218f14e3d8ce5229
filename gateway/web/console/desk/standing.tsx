// In the top bar: my state, my load, the queue, the connection.

import { Badge, Tag, Tooltip } from "antd";
import { Readiness } from "../../gen/kefu/gateway/v1/session_pb.js";
import { useAct } from "../frame/act.js";
import { useApi } from "../frame/api.js";
import { useDesk } from "../frame/at_work.js";
import { useSpeech } from "../frame/language.js";
import { PresenceSelect } from "./presence.js";

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
      <PresenceSelect
        label={say("presence")}
        presence={me?.presence}
        busy={busy}
        disabled={!me}
        choose={(presence) => void act((requestId) => agent.setPresence({ requestId, presence }))}
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
