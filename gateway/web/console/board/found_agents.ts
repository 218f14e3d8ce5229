// Which of the agents are shown, and in what order: by their state, those who are there first, then by name. Pure.

import { Presence, type AgentState } from "../../gen/kefu/gateway/v1/session_pb.js";

const rank = ({ presence }: AgentState): number => presence || Presence.OFFLINE;

export function foundAgents(agents: readonly AgentState[], asked: string): AgentState[] {
  const words = asked.trim().toLowerCase();
  return agents
    .filter(({ displayName }) => displayName.toLowerCase().includes(words))
    .sort((a, b) => rank(a) - rank(b) || a.displayName.localeCompare(b.displayName));
}
