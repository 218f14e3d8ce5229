// Everybody of the shop's staff, page after page.

import type { Client } from "@connectrpc/connect";
import type { AdminService, Agent } from "../../gen/kefu/gateway/v1/admin_pb.js";

export async function allAgents(admin: Client<typeof AdminService>, signal: AbortSignal): Promise<Agent[]> {
  const agents: Agent[] = [];
  let pageToken = "";
  do {
    const page = await admin.listAgents({ pageSize: 500, pageToken }, { signal });
    agents.push(...page.agents);
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return agents;
}
