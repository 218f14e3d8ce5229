// The gateway as a program sees it that has @grpc/grpc-js, the .proto files and an API key, and nothing else of kefu.
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { setTimeout as delay } from "node:timers/promises";

import { type ServiceError, Metadata, credentials, loadPackageDefinition, status } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

// Messages are plain objects, as proto-loader makes them: numbers, names of enum values, null for what is absent.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Message = Record<string, any>;

const protos = fileURLToPath(new URL("../../../../proto", import.meta.url)); // this runs as dist/e2e/program/wire.js
const files = ["kefu/gateway/v1/agent.proto", "kefu/orders/v1/service.proto", "kefu/logistics/v1/service.proto"];
const options = { includeDirs: [protos], longs: Number, enums: String, oneofs: true, defaults: true };
// eslint-disable-next-line @typescript-eslint/no-explicit-any
const { kefu } = loadPackageDefinition(loadSync(files, options)) as any;

const attempts = 5;
const callMs = 5000;

export class Gateway {
  private readonly services: Message;
  private readonly metadata = new Metadata();

  constructor(target: string, apiKey: string) {
    const insecure = credentials.createInsecure(); // beyond this machine: credentials.createSsl()
    this.metadata.set("authorization", `Bearer ${apiKey}`);
    this.services = {
      agent: new kefu.gateway.v1.AgentService(target, insecure),
      orders: new kefu.orders.v1.OrderService(target, insecure),
      shipments: new kefu.logistics.v1.ShipmentService(target, insecure),
    };
  }

  // A write is sent again with the same request id, so it happens once however often it is sent.
  async call(service: string, method: string, request: Message): Promise<Message> {
    const sent = { requestId: randomUUID(), ...request };
    for (let attempt = 1; ; ++attempt) {
      try {
        return await this.once(service, method, sent);
      } catch (error) {
        const { code } = error as ServiceError;
        const again = code === status.UNAVAILABLE || code === status.DEADLINE_EXCEEDED;
        if (!again || attempt === attempts) throw error;
        await delay(200 * attempt);
      }
    }
  }

  // Frames until the stream ends; the gateway's goodbye and a lost connection are ends like others.
  async *subscribe(request: Message): AsyncGenerator<Message> {
    yield* this.services.agent.Subscribe(request, this.metadata);
  }

  private once(service: string, method: string, request: Message): Promise<Message> {
    return new Promise((resolve, reject) => {
      const deadline = { deadline: Date.now() + callMs };
      const done = (error: ServiceError | null, answer: Message) => (error ? reject(error) : resolve(answer));
      this.services[service][method](request, this.metadata, deadline, done);
    });
  }
}
