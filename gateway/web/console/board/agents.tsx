// The agents, their state and load; a supervisor sets somebody's state.

import { Button, Input, Progress, Tag } from "antd";
import { memo, useState } from "react";
import { Readiness, type AgentState } from "../../gen/kefu/gateway/v1/session_pb.js";
import { PresenceSelect } from "../desk/presence.js";
import { useAct } from "../frame/act.js";
import { useApi } from "../frame/api.js";
import { useMe } from "../frame/at_work.js";
import { leads } from "../frame/identity.js";
import { useSpeech } from "../frame/language.js";
import { foundAgents } from "./found_agents.js";

// More on demand: there may be thousands.
const shownAtOnce = 120;

export function Agents({ agents }: { agents: readonly AgentState[] }) {
  const { say } = useSpeech();
  const [asked, setAsked] = useState("");
  const [most, setMost] = useState(shownAtOnce);
  const found = foundAgents(agents, asked);
  return (
    <section>
      <header className="page-head">
        <h2>{say("agents")}</h2>
        <Input.Search allowClear aria-label={say("agentName")} placeholder={say("agentName")} onChange={({ target }) => setAsked(target.value)} />
      </header>
      <ul className="agents">
        {found.slice(0, most).map((state) => (
          <AgentCard key={state.agent} state={state} />
        ))}
      </ul>
      {found.length === 0 && <p className="faint">{say("nobodyFound")}</p>}
      {found.length > most && <Button onClick={() => setMost(most + shownAtOnce)}>{say("moreOf", { count: found.length - most })}</Button>}
    </section>
  );
}

const AgentCard = memo(Card, (a, b) => a.state.agent === b.state.agent && a.state.version === b.state.version && a.state.displayName === b.state.displayName);

function Card({ state }: { state: AgentState }) {
  const { say } = useSpeech();
  const { board } = useApi();
  const { act, busy } = useAct();
  const { agent, displayName, presence, readiness, used, capacity } = state;
  const lead = leads(useMe());
  return (
    <li data-agent={agent}>
      <header>
        <strong>{displayName}</strong>
        {readiness === Readiness.MISSED && <Tag color="error">{say("readinessMissed")}</Tag>}
        {readiness === Readiness.SUSPECT && <Tag color="warning">{say("readinessSuspect")}</Tag>}
      </header>
      <PresenceSelect
        label={say("presenceOf", { name: displayName })}
        presence={presence}
        busy={busy}
        disabled={!lead}
        choose={(next) => void act((requestId) => board.setAgentPresence({ requestId, agent, presence: next }))}
      />
      <Progress
        aria-label={say("slots", { used, capacity })}
        percent={capacity === 0 ? 0 : Math.round((100 * used) / capacity)}
        format={() => `${used}/${capacity}`}
        size="small"
      />
    </li>
  );
}
