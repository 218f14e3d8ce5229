// What a shop's program tells kefu of orders and parcels, and what came of it.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { MessageInitShape } from "@bufbuild/protobuf";

import { type Shipment, Shipment_Status, TrackingEventResult_Outcome } from "../gen/kefu/logistics/v1/service_pb.js";
import {
  type Order,
  Order_Fulfilment,
  Order_Payment,
  Order_State,
  type OrderInputSchema,
  UpsertResult_Outcome,
} from "../gen/kefu/orders/v1/service_pb.js";
import type { Clients } from "./clients.js";
import type { Cluster } from "./cluster.js";
import { type Shop, requestId } from "./people.js";
import { eventually } from "./wait.js";

export const carrier = "shunfeng";
let orders = 0;

export class Trade {
  private constructor(
    readonly shop: Shop,
    // As the shop's program.
    readonly clients: Clients,
  ) {}

  static async start(cluster: Cluster, shop: Shop): Promise<Trade> {
    const program = await shop.program("erp");
    return new Trade(shop, program.at(cluster.gateway(0)));
  }

  // An order of two cups, paid, an hour old, of that buyer; its id.
  async order(buyer: string, more: MessageInitShape<typeof OrderInputSchema> = {}): Promise<{ order: string; number: string }> {
    const number = more.number ?? `E${++orders}`;
    const time = timestampFromMs(Date.now() - 3_600_000);
    const order = {
      source: "native",
      number,
      createTime: time,
      updateTime: time,
      buyer,
      currency: "CNY",
      lines: [{ line: "1", sku: "CUP-01", title: "Cup 杯子", quantity: 2, unitPrice: "19.90" }],
      total: "39.80",
      paid: "39.80",
      state: Order_State.OPEN,
      payment: Order_Payment.PAID,
      fulfilment: Order_Fulfilment.UNFULFILLED,
      ...more,
    };
    const { results } = await this.clients.orders.upsertOrders({ requestId: requestId(), orders: [order] });
    const result = results[0]!;
    if (result.outcome === UpsertResult_Outcome.REFUSED) throw new Error(`${number}: ${result.error?.message}`);
    return { order: result.order, number };
  }

  // An order on its way in one parcel.
  async shipped(buyer: string): Promise<{ order: string; number: string; trackingNumber: string }> {
    const trackingNumber = `SF${String(++orders).padStart(12, "0")}`;
    const made = await this.order(buyer, {
      fulfilment: Order_Fulfilment.SHIPPED,
      parcels: [{ carrier, trackingNumber }],
    });
    return { ...made, trackingNumber };
  }

  async track(trackingNumber: string, status: Shipment_Status): Promise<void> {
    const time = timestampFromMs(Date.now() - 1000);
    const events = [{ carrier, trackingNumber, time, status, text: Shipment_Status[status]! }];
    const { results } = await this.clients.shipments.addTrackingEvents({ requestId: requestId(), events });
    const result = results[0]!;
    if (result.outcome !== TrackingEventResult_Outcome.ADDED) throw new Error(`${trackingNumber}: ${result.error?.message}`);
  }

  async orderWhen(order: string, what: string, condition: (order: Order) => boolean): Promise<Order> {
    return await eventually(`order ${order} ${what}`, async () => {
      const found = await this.clients.orders.getOrder({ order });
      return condition(found) && found;
    });
  }

  async shipmentOf(order: string, condition: (shipment: Shipment) => boolean = () => true): Promise<Shipment> {
    return await eventually(`a shipment of ${order}`, async () => {
      const { shipments } = await this.clients.shipments.listShipments({ find: { case: "order", value: order } });
      return shipments.find(condition);
    });
  }
}
