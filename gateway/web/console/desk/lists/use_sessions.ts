// Sessions that are not mine: asked for when shown, and again when the stream says that the queue has changed.

import type { ListSessionsRequest_Scope } from "../../../gen/kefu/gateway/v1/agent_pb.js";
import type { Session } from "../../../gen/kefu/gateway/v1/session_pb.js";
import { useApi } from "../../frame/api.js";
import { useFromDesk } from "../../frame/at_work.js";
import { useLoad, type Loaded } from "../../frame/load.js";

export function useSessions(scope: ListSessionsRequest_Scope): Loaded<readonly Session[]> {
  const { agent } = useApi();
  const waiting = useFromDesk((desk) => desk.waiting);
  const mine = useFromDesk((desk) => desk.sessions.length);
  const link = useFromDesk((desk) => desk.link);
  return useLoad(
    async (signal) => (await agent.listSessions({ scope, pageSize: 500 }, { signal })).sessions,
    [agent, scope, waiting, mine, link],
  );
}
