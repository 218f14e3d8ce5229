// The groups that a session can be given to. Supervisors also read how they stand.

import { createClient } from "@connectrpc/connect";
import { useMemo } from "react";
import { RoutingConfigService } from "../../../gen/kefu/gateway/v1/routing_config_pb.js";
import { useApi } from "../../frame/api.js";
import { useMe } from "../../frame/at_work.js";
import { leads } from "../../frame/identity.js";
import { useLoad, type Loaded } from "../../frame/load.js";

export interface GroupChoice {
  readonly group: string;
  readonly name: string;
  readonly open: boolean;
  readonly standing?: { readonly waiting: number; readonly online: number };
}

export function useGroups(): Loaded<readonly GroupChoice[]> {
  const { transport, board } = useApi();
  const lead = leads(useMe());
  const routing = useMemo(() => createClient(RoutingConfigService, transport), [transport]);
  return useLoad(
    async (signal) => {
      const [{ groups }, standings] = await Promise.all([
        routing.listGroups({}, { signal }),
        lead ? board.getBoard({}, { signal }).then((found) => found.groups) : [],
      ]);
      return groups.map(({ group, displayName, open }) => {
        const found = standings.find((one) => one.group === group);
        return { group, name: displayName || group, open, ...(found ? { standing: { waiting: found.waiting, online: found.online } } : {}) };
      });
    },
    [routing, board, lead],
  );
}
