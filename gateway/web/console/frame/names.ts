// What groups and agents are called; ids that nobody knows (any more) stay as they are.

import { createClient, type Transport } from "@connectrpc/connect";
import { useMemo } from "react";
import { RoutingConfigService } from "../../gen/kefu/gateway/v1/routing_config_pb.js";
import { useApi, type Api } from "./api.js";
import { useLoad } from "./load.js";

export interface Names {
  group(group: string): string;
  agent(agent: string): string;
}

type Known = Readonly<Record<"groups" | "agents", ReadonlyMap<string, string>>>;

// Asked once for all who show names.
const asked = new WeakMap<Transport, Promise<Known>>();

async function ask({ transport, agent }: Api): Promise<Known> {
  const [{ groups }, { agents }] = await Promise.all([
    createClient(RoutingConfigService, transport).listGroups({}),
    agent.listAgentStates({}),
  ]);
  return {
    groups: new Map(groups.map(({ group, displayName }) => [group, displayName])),
    agents: new Map(agents.map((one) => [one.agent, one.displayName])),
  };
}

function known(api: Api): Promise<Known> {
  const before = asked.get(api.transport);
  if (before) return before;
  const answer = ask(api);
  asked.set(api.transport, answer);
  answer.catch(() => asked.delete(api.transport));
  return answer;
}

export function useNames(): Names {
  const api = useApi();
  const { value } = useLoad(() => known(api), [api]);
  return useMemo(
    () => ({
      group: (group) => value?.groups.get(group) || group,
      agent: (agent) => value?.agents.get(agent) || agent,
    }),
    [value],
  );
}
