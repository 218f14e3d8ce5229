// The administrator's services.

import { createClient, type Client } from "@connectrpc/connect";
import { useMemo } from "react";
import { AdminService } from "../../gen/kefu/gateway/v1/admin_pb.js";
import { useApi } from "../frame/api.js";

export function useAdmin(): Client<typeof AdminService> {
  const { transport } = useApi();
  return useMemo(() => createClient(AdminService, transport), [transport]);
}
