// The groups that a session can be given to. Supervisors read how they stand; agents know those whose sessions they see,
// by their ids.

import { ListSessionsRequest_Scope } from "../../../gen/kefu/gateway/v1/agent_pb.js";
import { useApi } from "../../frame/api.js";
import { useDeskStore, useMe } from "../../frame/at_work.js";
import { leads } from "../../frame/identity.js";
import { useLoad, type Loaded } from "../../frame/load.js";

export interface GroupChoice {
  readonly group: string;
  readonly name: string;
  readonly standing?: { readonly waiting: number; readonly online: number };
}

export function useGroups(): Loaded<readonly GroupChoice[]> {
  const { agent, board } = useApi();
  const desk = useDeskStore();
  const lead = leads(useMe());
  return useLoad(
    async (signal) => {
      if (lead) {
        const { groups } = await board.getBoard({}, { signal });
        return groups.map(({ group, displayName, waiting, online }) => ({ group, name: displayName || group, standing: { waiting, online } }));
      }
      const { sessions: queued } = await agent.listSessions({ scope: ListSessionsRequest_Scope.WAITING, pageSize: 500 }, { signal });
      const seen = new Set([...desk.sessions.map(({ session }) => session), ...queued].map(({ group }) => group));
      return [...seen].filter((group) => group !== "").sort().map((group) => ({ group, name: group }));
    },
    [agent, board, desk, lead],
  );
}
