// Clients of the gateway. A token travels in the Authorization header only.

import { createClient, type Client, type Interceptor, type Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { AgentService } from "../gen/kefu/gateway/v1/agent_pb.js";
import { AuthService } from "../gen/kefu/gateway/v1/auth_pb.js";
import { BuyerService } from "../gen/kefu/gateway/v1/buyer_pb.js";

export interface Api {
  readonly auth: Client<typeof AuthService>;
  readonly buyer: Client<typeof BuyerService>;
  readonly agent: Client<typeof AgentService>;
}

// Longest time of a unary call; the server's own limits are shorter. Streams name 0: none.
const unaryTimeoutMs = 12_000;

// The way to a gateway. `token` is asked before every call; empty: none is sent.
export function transportTo(baseUrl: string, token: () => string): Transport {
  const authorize: Interceptor = (next) => (request) => {
    const current = token();
    if (current !== "") request.header.set("Authorization", `Bearer ${current}`);
    return next(request);
  };
  return createConnectTransport({
    baseUrl,
    useBinaryFormat: true,
    defaultTimeoutMs: unaryTimeoutMs,
    interceptors: [authorize],
  });
}

export function createApi(baseUrl: string, token: () => string): Api {
  const transport = transportTo(baseUrl, token);
  return {
    auth: createClient(AuthService, transport),
    buyer: createClient(BuyerService, transport),
    agent: createClient(AgentService, transport),
  };
}

export function newRequestId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
