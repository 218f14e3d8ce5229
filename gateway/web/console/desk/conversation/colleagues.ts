// Those whom a session can be given to, or who can be asked: those who are there.

import { Presence, type AgentState } from "../../../gen/kefu/gateway/v1/session_pb.js";
import { useApi } from "../../frame/api.js";
import { useLoad, type Loaded } from "../../frame/load.js";

export function useColleagues(me: string | undefined): Loaded<readonly AgentState[]> {
  const { agent } = useApi();
  return useLoad(
    async (signal) => {
      const { agents } = await agent.listAgentStates({}, { signal });
      return agents.filter((one) => one.agent !== me && one.presence !== Presence.OFFLINE && one.presence !== Presence.UNSPECIFIED);
    },
    [agent, me],
  );
}
