// In the top bar: my state, my load, my figures, the queue, the connection.

import { Badge, Tag, Tooltip } from "antd";
import { Readiness } from "../../gen/kefu/gateway/v1/session_pb.js";
import { useAct } from "../frame/act.js";
import { useApi } from "../frame/api.js";
import { useDesk } from "../frame/at_work.js";
import { useSpeech } from "../frame/language.js";
import { urgency } from "./lists/sorting.js";
import { useMyFigures } from "./my_figures.js";
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
  const { me, waiting, oldest, link, lastSeq, worked } = useDesk();
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
      {me && <Mine agent={me.agent} worked={worked} />}
      <span className="queued">
        {say("queued", { waiting })} {waiting > 0 && oldest && <Longest since={oldest} />}
      </span>
      <Tooltip title={say(sentence, { seq: lastSeq })}>
        <span className="light" role="status" aria-label={say(sentence, { seq: lastSeq })} data-link={link}>
          <Badge status={status} />
        </span>
      </Tooltip>
    </span>
  );
}

function Longest({ since }: { since: Date }) {
  const { say } = useSpeech();
  const ms = useNow() - since.getTime();
  return <time data-urgency={urgency(ms)}>{say("longest", { time: spanText(ms) })}</time>;
}

// How I answer today.
function Mine({ agent, worked }: { agent: string; worked: number }) {
  const { say, locale } = useSpeech();
  const { value, problem } = useMyFigures(agent, worked);
  const row = value?.row;
  const rounds = row ? row.rounds + row.overdueRounds : 0;
  const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 });
  const first = row && row.answeredSessions > 0 ? spanText(Number(row.firstResponseMs)) : "–";
  const prompt = row && rounds > 0 ? percent.format(row.promptRounds / rounds) : "–";
  return (
    <Tooltip title={say(problem ? "figuresMissing" : "mineToday")}>
      <span className="my-figures" tabIndex={0}>
        {say("firstResponseMean")} {first} · {say("promptRate")} {prompt}
      </span>
    </Tooltip>
  );
}
