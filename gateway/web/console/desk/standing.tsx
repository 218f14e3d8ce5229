// In the top bar: my state, my load, my figures, the queue, the connection.

import { Badge, Tag, Tooltip } from "antd";
import { Readiness } from "../../gen/kefu/gateway/v1/session_pb.js";
import { useAct } from "../frame/act.js";
import { useApi } from "../frame/api.js";
import { useFromDesk } from "../frame/at_work.js";
import { useSpeech } from "../frame/language.js";
import { urgency } from "./lists/sorting.js";
import { OwnFigures } from "./own_figures.js";
import { PresenceSelect } from "./presence.js";
import { spanText, useNow } from "./times.js";

const links = {
  live: ["success", "linkLive"],
  connecting: ["processing", "linkConnecting"],
  waiting: ["error", "linkWaiting"],
} as const;

export function Standing() {
  const { say } = useSpeech();
  const { agent } = useApi();
  const me = useFromDesk((desk) => desk.me);
  const { act, busy } = useAct();
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
      <OwnFigures />
      <Queued />
      <Link />
    </span>
  );
}

function Queued() {
  const { say } = useSpeech();
  const waiting = useFromDesk((desk) => desk.waiting);
  const oldest = useFromDesk((desk) => desk.oldest);
  return (
    <span className="queued">
      {say("queued", { waiting })} {oldest && <LongestWait since={oldest} />}
    </span>
  );
}

function LongestWait({ since }: { since: Date }) {
  const { say } = useSpeech();
  const waited = useNow() - since.getTime();
  return <time data-urgency={urgency(waited)}>{say("longest", { time: spanText(waited) })}</time>;
}

function Link() {
  const { say } = useSpeech();
  const link = useFromDesk((desk) => desk.link);
  const seq = useFromDesk((desk) => desk.lastSeq);
  const [status, sentence] = links[link];
  return (
    <Tooltip title={say(sentence, { seq })}>
      <span className="light" role="status" aria-label={say(sentence, { seq })} data-link={link}>
        <Badge status={status} />
      </span>
    </Tooltip>
  );
}
