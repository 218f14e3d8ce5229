// The services that the staff's pages call, as the one who has signed in.

import { createClient, type Client, type Transport } from "@connectrpc/connect";
import { createContext, useContext } from "react";
import { CaseService } from "../../gen/kefu/after_sales/v1/service_pb.js";
import { AgentService } from "../../gen/kefu/gateway/v1/agent_pb.js";
import { BoardService } from "../../gen/kefu/gateway/v1/board_pb.js";
import { OneLookService } from "../../gen/kefu/gateway/v1/one_look_pb.js";
import { OrderService } from "../../gen/kefu/orders/v1/service_pb.js";
import { transportTo } from "../../shared/api.js";
import { gateway } from "./identity.js";

export interface Api {
  // For services that only one page calls.
  readonly transport: Transport;
  readonly agent: Client<typeof AgentService>;
  readonly board: Client<typeof BoardService>;
  readonly oneLook: Client<typeof OneLookService>;
  readonly cases: Client<typeof CaseService>;
  readonly orders: Client<typeof OrderService>;
}

export function createApi(token: string): Api {
  const transport = transportTo(gateway, () => token);
  return {
    transport,
    agent: createClient(AgentService, transport),
    board: createClient(BoardService, transport),
    oneLook: createClient(OneLookService, transport),
    cases: createClient(CaseService, transport),
    orders: createClient(OrderService, transport),
  };
}

export const ApiContext = createContext<Api | undefined>(undefined);

export function useApi(): Api {
  const api = useContext(ApiContext);
  if (!api) throw new Error("nobody has signed in");
  return api;
}
