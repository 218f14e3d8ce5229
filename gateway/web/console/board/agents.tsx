// The agents, their state and load; a supervisor sets somebody's state.

import { Progress, Tag } from "antd";
import { Readiness, type AgentState } from "../../gen/kefu/gateway/v1/session_pb.js";
import { PresenceSelect } from "../desk/presence.js";
import { useAct } from "../frame/act.js";
import { useApi } from "../frame/api.js";
import { useMe } from "../frame/at_work.js";
import { leads } from "../frame/identity.js";
import { useSpeech } from "../frame/language.js";

export function Agents({ agents }: { agents: readonly AgentState[] }) {
  const { say } = useSpeech();
  return (
    <section>
      <h2>{say("agents")}</h2>
      <ul className="agents">
        {agents.map((state) => (
          <AgentCard key={state.agent} state={state} />
        ))}
      </ul>
    </section>
  );
}

function AgentCard({ state }: { state: AgentState }) {
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
