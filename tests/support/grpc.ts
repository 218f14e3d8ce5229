// Programs that call the public API over gRPC, with the unmodified @grpc/grpc-js and nothing but the .proto files.
import { join } from "node:path";

import { fromBinary } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import {
  type CallOptions,
  type ClientReadableStream,
  type ServiceError,
  type StatusObject,
  ChannelCredentials,
  Client,
  Metadata,
  credentials,
  loadPackageDefinition,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

import { ErrorInfoSchema, RetryInfoSchema } from "../gen/google/rpc/error_details_pb.js";
import { StatusSchema } from "../gen/google/rpc/status_pb.js";
import { repository } from "./paths.js";
import { within } from "./wait.js";

export { status as GrpcCode } from "@grpc/grpc-js";

const services = {
  auth: { file: "kefu/gateway/v1/auth.proto", name: "kefu.gateway.v1.AuthService" },
  buyer: { file: "kefu/gateway/v1/buyer.proto", name: "kefu.gateway.v1.BuyerService" },
  agent: { file: "kefu/gateway/v1/agent.proto", name: "kefu.gateway.v1.AgentService" },
  copilot: { file: "kefu/gateway/v1/copilot.proto", name: "kefu.gateway.v1.CopilotService" },
  integrator: { file: "kefu/gateway/v1/admin.proto", name: "kefu.gateway.v1.IntegratorService" },
  orders: { file: "kefu/orders/v1/service.proto", name: "kefu.orders.v1.OrderService" },
  staffing: { file: "kefu/gateway/v1/staffing.proto", name: "kefu.gateway.v1.StaffingService" },
  push: { file: "kefu/logistics/v1/service.proto", name: "kefu.logistics.v1.PushService" },
  reflection: {
    file: "grpc/reflection/v1alpha/reflection.proto",
    name: "grpc.reflection.v1alpha.ServerReflection",
  },
};
export type GrpcService = keyof typeof services;

// Messages are plain objects here, as proto-loader makes them.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Plain = Record<string, any>;

const definitions = loadPackageDefinition(
  loadSync([...new Set(Object.values(services).map(({ file }) => file))], {
    includeDirs: [join(repository, "proto")],
    longs: Number,
    enums: String,
    oneofs: true,
  }),
);

function methodOf(service: GrpcService, method: string) {
  const path = services[service].name.split(".");
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  const constructor = path.reduce<any>((scope, name) => scope[name], definitions);
  const known = constructor.service[method];
  if (known === undefined) throw new Error(`${services[service].name} has no ${method}`);
  return known;
}

export interface GrpcOptions {
  token?: string;
  headers?: Record<string, string>;
  credentials?: ChannelCredentials;
}

export interface Answer {
  message: Plain;
  head: Metadata;
}

// One connection, as a program has it.
export class GrpcProgram {
  private readonly client: Client;

  constructor(
    target: string,
    private readonly options: GrpcOptions = {},
  ) {
    this.client = new Client(target, options.credentials ?? credentials.createInsecure());
  }

  close(): void {
    this.client.close();
  }

  // The same connection, somebody else's token.
  async call(service: GrpcService, method: string, request: Plain = {}, options: CallOptions = {}): Promise<Answer> {
    const { path, requestSerialize, responseDeserialize } = methodOf(service, method);
    return await new Promise((resolve, reject) => {
      let head = new Metadata();
      const call = this.client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        this.metadata(),
        options,
        (error: ServiceError | null, message?: unknown) => {
          if (error === null) resolve({ message: message as Plain, head });
          else reject(error);
        },
      );
      call.on("metadata", (metadata) => (head = metadata));
    });
  }

  subscribe(service: GrpcService, method: string, request: Plain = {}): GrpcStream {
    const { path, requestSerialize, responseDeserialize } = methodOf(service, method);
    return new GrpcStream(
      this.client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request, this.metadata()),
    );
  }

  // Sends the requests one after the other, each when the answer to the one before has come.
  async converse(service: GrpcService, method: string, requests: Plain[]): Promise<Plain[]> {
    const { path, requestSerialize, responseDeserialize } = methodOf(service, method);
    const call = this.client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, this.metadata());
    const answers: Plain[] = [];
    return await new Promise((resolve, reject) => {
      const ask = () => (answers.length < requests.length ? call.write(requests[answers.length]) : call.end());
      call.on("data", (answer: Plain) => {
        answers.push(answer);
        ask();
      });
      call.on("error", reject);
      call.on("end", () => resolve(answers));
      ask();
    });
  }

  // grpc.health.v1.Health/Check of the whole server: "SERVING" or another name.
  async health(): Promise<string> {
    const names = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];
    return await new Promise((resolve, reject) => {
      this.client.makeUnaryRequest(
        "/grpc.health.v1.Health/Check",
        (request: Buffer) => request,
        (bytes: Buffer) => names[bytes[1] ?? 0]!,
        Buffer.alloc(0),
        (error, name) => (error === null ? resolve(name!) : reject(error)),
      );
    });
  }

  private metadata(): Metadata {
    const metadata = new Metadata();
    if (this.options.token !== undefined) metadata.set("authorization", `Bearer ${this.options.token}`);
    for (const [name, value] of Object.entries(this.options.headers ?? {})) metadata.set(name, value);
    return metadata;
  }
}

export class GrpcStream {
  readonly frames: Plain[] = [];
  readonly ended: Promise<StatusObject>;
  private wake: () => void = () => {};

  constructor(private readonly call: ClientReadableStream<unknown>) {
    call.on("data", (frame: Plain) => {
      this.frames.push(frame);
      this.wake();
    });
    call.on("error", () => {}); // comes as status, too
    this.ended = new Promise((resolve) => call.on("status", resolve));
  }

  // The first frame of this kind that satisfies the condition; waits for it.
  async next(kind: string, condition: (value: Plain) => boolean = () => true, timeoutMs = 15_000): Promise<Plain> {
    const find = async (): Promise<Plain> => {
      for (let index = 0; ; ++index) {
        while (index >= this.frames.length) await new Promise<void>((resolve) => (this.wake = resolve));
        const value = this.frames[index]![kind] as Plain | null | undefined;
        if (value && condition(value)) return value;
      }
    };
    return await within(`a frame "${kind}" over gRPC`, find(), timeoutMs);
  }

  // Frames from now on, as they come; they are not kept.
  listen(take: (frame: Plain) => void): void {
    this.call.removeAllListeners("data");
    this.call.on("data", take);
  }

  cancel(): void {
    this.call.cancel();
  }
}

export interface Refusal {
  code: number;
  message: string;
  reason: string;
  metadata: Record<string, string>;
  retryAfterMs: number;
}

// Why a call failed, with its google.rpc details; throws if it did not fail.
export async function refusal(call: Promise<unknown>): Promise<Refusal> {
  try {
    await call;
  } catch (error) {
    return detailsOf(error as ServiceError);
  }
  throw new Error("the call was not refused");
}

export function detailsOf(status: Pick<StatusObject, "code" | "details" | "metadata">): Refusal {
  const said: Refusal = { code: status.code, message: status.details, reason: "", metadata: {}, retryAfterMs: 0 };
  const encoded = status.metadata.get("grpc-status-details-bin")[0];
  if (encoded === undefined) return said;
  for (const detail of fromBinary(StatusSchema, encoded as Buffer).details) {
    const info = anyUnpack(detail, ErrorInfoSchema);
    if (info !== undefined) Object.assign(said, { reason: info.reason, metadata: info.metadata });
    const retry = anyUnpack(detail, RetryInfoSchema);
    const delay = retry?.retryDelay;
    if (delay !== undefined) said.retryAfterMs = Number(delay.seconds) * 1000 + delay.nanos / 1e6;
  }
  return said;
}
