// What a few busy shops do all day: orders come in with their parcels, parcels move until they are delivered, cases are
// opened and moved. Every call is repeated with its request id until it is answered. Remembers what must follow from it.
import { setTimeout as delay } from "node:timers/promises";

import { timestampFromMs } from "@bufbuild/protobuf/wkt";

import { Case_Kind, Case_Reason } from "../../gen/kefu/after_sales/v1/service_pb.js";
import { Shipment_Status, TrackingEventResult_Outcome } from "../../gen/kefu/logistics/v1/service_pb.js";
import { Order_Fulfilment, Order_Payment, UpsertResult_Outcome } from "../../gen/kefu/orders/v1/service_pb.js";
import { type Clients, clientsTo } from "../../support/clients.js";
import type { Cluster } from "../../support/cluster.js";
import { type Buyer, type Person, Shop, requestId, text } from "../../support/people.js";
import type { Random } from "../../support/random.js";
import type { Outcome } from "../load/persistence.js";
import { Persistent } from "../load/persistence.js";

const carrier = "shunfeng";
const way = [
  Shipment_Status.PICKED_UP,
  Shipment_Status.IN_TRANSIT,
  Shipment_Status.OUT_FOR_DELIVERY,
  Shipment_Status.DELIVERED,
] as const;

export interface WorkOptions {
  shops: number;
  // Orders in one call, and calls beside each other in each shop.
  batch: number;
  workers: number;
  // From the beginning of a worker's round to that of the next, unless it takes longer: what saturates the machine
  // leaves no time to catch up.
  roundMs: number;
  random: Random;
  patienceMs: number;
}

// An order as it must be seen in the end, everywhere.
export interface Expected {
  order: string;
  number: string;
  trackingNumber: string;
  buyer: string;
  delivered: boolean;
  cases: string[];
}

export class WorkShop {
  readonly orders: Expected[] = [];
  readonly persistent: Persistent;
  private made = 0;

  constructor(
    readonly shop: Shop,
    readonly buyers: Buyer[],
    private readonly program: Person,
    cluster: Cluster,
    readonly options: WorkOptions,
  ) {
    const clients = cluster.gateways.map(({ url }) => clientsTo(url, { token: program.token }));
    this.persistent = new Persistent(clients, options.random.fork(shop.id), options.patienceMs);
  }

  // Reads as a program of the shop.
  at(cluster: Cluster): Clients {
    return this.program.at(cluster.gateway(0));
  }

  // One batch of orders from their arrival to their delivery, with a case for some.
  async round(): Promise<void> {
    const orders = await this.takeOrders();
    for (const status of way) await this.moveParcels(orders, status);
    for (const order of orders) order.delivered = true;
    for (const order of orders.filter((_, index) => index % 5 === 0)) await this.openCase(order);
    this.orders.push(...orders);
  }

  private async takeOrders(): Promise<Expected[]> {
    const expected: Omit<Expected, "order">[] = [];
    const time = timestampFromMs(Date.now() - 3_600_000);
    for (let i = 0; i < this.options.batch; ++i) {
      const number = `${this.shop.id}-${++this.made}`;
      const buyer = this.buyers[this.made % this.buyers.length]!.buyer;
      const trackingNumber = `SF${String(this.made).padStart(12, "0")}${this.shop.id.replace(/\D/g, "")}`;
      expected.push({ number, trackingNumber, buyer, delivered: false, cases: [] });
    }
    const id = requestId();
    const orders = expected.map(({ number, trackingNumber, buyer }) => ({
      source: "native",
      number,
      createTime: time,
      updateTime: time,
      buyer,
      currency: "CNY",
      lines: [{ line: "1", sku: "CUP-01", title: "Cup 杯子", quantity: 2, unitPrice: "19.90" }],
      total: "39.80",
      paid: "39.80",
      payment: Order_Payment.PAID,
      fulfilment: Order_Fulfilment.SHIPPED,
      parcels: [{ carrier, trackingNumber }],
    }));
    const { results } = taken(await this.persistent.call(({ orders: api }) => api.upsertOrders({ requestId: id, orders })));
    return expected.map((order, index) => {
      const result = results[index]!;
      if (result.outcome === UpsertResult_Outcome.REFUSED) throw new Error(`${order.number}: ${result.error?.message}`);
      return { ...order, order: result.order };
    });
  }

  private async moveParcels(orders: Expected[], status: Shipment_Status): Promise<void> {
    const id = requestId();
    const time = timestampFromMs(Date.now() - 60_000 + status * 1000);
    const events = orders.map(({ trackingNumber }) => ({
      carrier,
      trackingNumber,
      event: `${trackingNumber}-${status}`,
      time,
      status,
      text: "on its way",
    }));
    const { results } = taken(
      await this.persistent.call(({ shipments }) => shipments.addTrackingEvents({ requestId: id, events })),
    );
    const refused = results.find(({ outcome }) => outcome === TrackingEventResult_Outcome.REFUSED);
    if (refused) throw new Error(`a tracking event was refused: ${refused.error?.message}`);
  }

  private async openCase(order: Expected): Promise<void> {
    const id = requestId();
    const opened = taken(
      await this.persistent.call(({ cases }) =>
        cases.openCase({
          requestId: id,
          order: order.order,
          kind: Case_Kind.REFUND_ONLY,
          reason: Case_Reason.DEFECTIVE,
          lines: [{ line: "1", quantity: 1 }],
        }),
      ),
    );
    const name = opened.case!.case;
    const approval = requestId();
    taken(await this.persistent.call(({ cases }) => cases.approveCase({ requestId: approval, case: name })));
    order.cases.push(name);
  }
}

// Every call here is right, so an answer must come in the end, and it must be yes.
function taken<T>(outcome: Outcome<T>): T {
  if (outcome.result !== "ok") throw new Error(`not taken: ${outcome.result} ${outcome.reason}`);
  return outcome.value;
}

export class Work {
  private running = true;
  private workers: Promise<void>[] = [];

  private constructor(readonly shops: WorkShop[]) {}

  static async prepare(cluster: Cluster, options: WorkOptions): Promise<Work> {
    const shops: WorkShop[] = [];
    for (let index = 1; index <= options.shops; ++index) {
      const shop = await Shop.create(cluster, `fabric-${index}`);
      const buyers: Buyer[] = [];
      for (let i = 0; i < 3; ++i) buyers.push(await shop.guest());
      shops.push(new WorkShop(shop, buyers, await shop.program("orders"), cluster, options));
    }
    // The first buyer of each shop is in a conversation: lines and cards go there.
    for (const { buyers } of shops) {
      await buyers[0]!.at(cluster.gateway(0)).buyer.openSession({ requestId: requestId(), content: text("Where is my parcel?") });
    }
    return new Work(shops);
  }

  begin(): void {
    this.workers = this.shops.flatMap((shop) =>
      [...Array(shop.options.workers).keys()].map(async () => {
        while (this.running) {
          const next = Date.now() + shop.options.roundMs;
          await shop.round();
          await delay(Math.max(0, next - Date.now()));
        }
      }),
    );
  }

  // Resolves when everybody has finished the round under way.
  async end(): Promise<void> {
    this.running = false;
    await Promise.all(this.workers);
  }

  get orders(): number {
    return this.shops.reduce((sum, shop) => sum + shop.orders.length, 0);
  }

  get retries(): number {
    return this.shops.reduce((sum, shop) => sum + shop.persistent.retries, 0);
  }

  get surprises(): string[] {
    return [...new Set(this.shops.flatMap(({ persistent }) => persistent.surprises))];
  }
}
