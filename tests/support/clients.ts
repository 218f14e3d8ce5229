// Clients of the public API with the unmodified Connect transports, and what their errors say.
import { Agent } from "node:http";

import { type Client, Code, ConnectError, type Interceptor, type Transport, createClient } from "@connectrpc/connect";
import { createConnectTransport as nodeTransport } from "@connectrpc/connect-node";
import { createConnectTransport as webTransport } from "@connectrpc/connect-web";

import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../gen/google/rpc/error_details_pb.js";
import { CaseService } from "../gen/kefu/after_sales/v1/service_pb.js";
import { AdminService, IntegratorService, OperatorService } from "../gen/kefu/gateway/v1/admin_pb.js";
import { AgentService } from "../gen/kefu/gateway/v1/agent_pb.js";
import { AuthService } from "../gen/kefu/gateway/v1/auth_pb.js";
import { BoardService } from "../gen/kefu/gateway/v1/board_pb.js";
import { BuyerService } from "../gen/kefu/gateway/v1/buyer_pb.js";
import { CopilotService } from "../gen/kefu/gateway/v1/copilot_pb.js";
import { OneLookService } from "../gen/kefu/gateway/v1/one_look_pb.js";
import { EventsService } from "../gen/kefu/gateway/v1/operations_pb.js";
import { RoutingConfigService } from "../gen/kefu/gateway/v1/routing_config_pb.js";
import { StaffingService } from "../gen/kefu/gateway/v1/staffing_pb.js";
import { WebhookService } from "../gen/kefu/gateway/v1/webhooks_pb.js";
import { WhatIfService } from "../gen/kefu/gateway/v1/what_if_pb.js";
import { ShipmentService } from "../gen/kefu/logistics/v1/service_pb.js";
import { OrderService } from "../gen/kefu/orders/v1/service_pb.js";
import { RecordService } from "../gen/kefu/records/v1/service_pb.js";

export interface ClientOptions {
  transport?: "node" | "web";
  encoding?: "json" | "binary";
  token?: string;
  headers?: Record<string, string>;
}

export interface Clients {
  auth: Client<typeof AuthService>;
  buyer: Client<typeof BuyerService>;
  agent: Client<typeof AgentService>;
  copilot: Client<typeof CopilotService>;
  board: Client<typeof BoardService>;
  admin: Client<typeof AdminService>;
  operator: Client<typeof OperatorService>;
  integrator: Client<typeof IntegratorService>;
  webhooks: Client<typeof WebhookService>;
  oneLook: Client<typeof OneLookService>;
  events: Client<typeof EventsService>;
  routing: Client<typeof RoutingConfigService>;
  staffing: Client<typeof StaffingService>;
  whatIf: Client<typeof WhatIfService>;
  orders: Client<typeof OrderService>;
  shipments: Client<typeof ShipmentService>;
  cases: Client<typeof CaseService>;
  records: Client<typeof RecordService>;
}

// One pool for the process, as a program would have it; idle connections do not keep the process alive.
const agent = new Agent({ keepAlive: true, maxSockets: Infinity });

export function transportTo(url: string, options: ClientOptions = {}): Transport {
  const interceptor: Interceptor = (next) => (request) => {
    if (options.token !== undefined) request.header.set("Authorization", `Bearer ${options.token}`);
    for (const [name, value] of Object.entries(options.headers ?? {})) request.header.set(name, value);
    return next(request);
  };
  const common = { baseUrl: url, useBinaryFormat: options.encoding !== "json", interceptors: [interceptor] };
  return options.transport === "web"
    ? webTransport(common)
    : nodeTransport({ ...common, httpVersion: "1.1", nodeOptions: { agent } });
}

export function clientsTo(url: string, options: ClientOptions = {}): Clients {
  return clientsOver(transportTo(url, options));
}

export function clientsOver(transport: Transport): Clients {
  return {
    auth: createClient(AuthService, transport),
    buyer: createClient(BuyerService, transport),
    agent: createClient(AgentService, transport),
    copilot: createClient(CopilotService, transport),
    board: createClient(BoardService, transport),
    admin: createClient(AdminService, transport),
    operator: createClient(OperatorService, transport),
    integrator: createClient(IntegratorService, transport),
    webhooks: createClient(WebhookService, transport),
    oneLook: createClient(OneLookService, transport),
    events: createClient(EventsService, transport),
    routing: createClient(RoutingConfigService, transport),
    staffing: createClient(StaffingService, transport),
    whatIf: createClient(WhatIfService, transport),
    orders: createClient(OrderService, transport),
    shipments: createClient(ShipmentService, transport),
    cases: createClient(CaseService, transport),
    records: createClient(RecordService, transport),
  };
}

// What an error says to a program and to a person.
export interface Refusal {
  code: Code;
  reason: string;
  sentence: string;
  metadata: Record<string, string>;
  fields: string[];
  retryDelayMs: number | undefined;
}

export function refusalOf(error: unknown): Refusal {
  const connect = ConnectError.from(error);
  const info = connect.findDetails(ErrorInfoSchema)[0];
  const retry = connect.findDetails(RetryInfoSchema)[0]?.retryDelay;
  return {
    code: connect.code,
    reason: info?.reason ?? "",
    sentence: connect.rawMessage,
    metadata: info?.metadata ?? {},
    fields: connect.findDetails(BadRequestSchema).flatMap((bad) => bad.fieldViolations.map(({ field }) => field)),
    retryDelayMs: retry && Number(retry.seconds) * 1000 + retry.nanos / 1e6,
  };
}

// The refusal that a call must meet; a call that succeeds fails the test.
export async function refused(call: Promise<unknown>): Promise<Refusal> {
  let answer: unknown;
  try {
    answer = await call;
  } catch (error) {
    return refusalOf(error);
  }
  throw new Error(`the call was not refused: ${JSON.stringify(answer, (_, v) => (typeof v === "bigint" ? `${v}` : v))}`);
}
