// The commit before this one and this one beside each other, on the same data: a release is replaced process by process,
// and may be put back.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { timestampFromMs } from "@bufbuild/protobuf/wkt";

import { Shipment_Status } from "../gen/kefu/logistics/v1/service_pb.js";
import { Order_Fulfilment, Order_Payment, UpsertResult_Outcome } from "../gen/kefu/orders/v1/service_pb.js";
import type { Clients } from "../support/clients.js";
import { Cluster, oneProcess } from "../support/cluster.js";
import { previousRelease } from "../support/paths.js";
import { Shop, requestId } from "../support/people.js";
import { behindProxy } from "../support/test_cluster.js";
import { eventually } from "../support/wait.js";

const skip =
  previousRelease === undefined
    ? "no previous release was built: tests/run/previous.sh"
    : oneProcess
      ? "one process is one release"
      : false;

describe("orders of this release beside the one before", { skip }, () => {
  let cluster: Cluster;
  let api: Clients;
  let made = 0;

  before(async () => {
    cluster = await Cluster.start({
      replicas: 2,
      gateways: 1,
      gatewayConfig: behindProxy,
      programs: { orders: [join(previousRelease!, "bin/kefu-orders"), undefined] },
    });
    const shop = await Shop.create(cluster, "releases");
    api = (await shop.program()).at(cluster.gateway(0));
  });
  after(() => cluster.stop());

  const [older, newer] = [() => cluster.service("orders", 0), () => cluster.service("orders", 1)];

  // Only the processes named serve and consume.
  async function onlyRun(...which: ("older" | "newer")[]): Promise<void> {
    for (const [name, service] of [["older", older()], ["newer", newer()]] as const) {
      const alive = service.server.alive;
      if (which.includes(name) && !alive) await service.start();
      if (!which.includes(name) && alive) await service.kill();
    }
  }

  async function takeOrder(): Promise<{ order: string; trackingNumber: string }> {
    const number = `R${++made}`;
    const trackingNumber = `SF${String(made).padStart(13, "0")}`;
    const time = timestampFromMs(Date.now() - 60_000);
    const id = requestId();
    const { results } = await patiently(() =>
      api.orders.upsertOrders({
        requestId: id,
        orders: [
          {
            source: "native",
            number,
            createTime: time,
            updateTime: time,
            currency: "CNY",
            lines: [{ line: "1", title: "Cup", quantity: 1, unitPrice: "19.90" }],
            total: "19.90",
            payment: Order_Payment.PAID,
            fulfilment: Order_Fulfilment.SHIPPED,
            parcels: [{ carrier: "shunfeng", trackingNumber }],
          },
        ],
      }),
    );
    assert.notEqual(results[0]!.outcome, UpsertResult_Outcome.REFUSED);
    return { order: results[0]!.order, trackingNumber };
  }

  async function deliver(trackingNumber: string): Promise<void> {
    await api.shipments.addTrackingEvents({
      requestId: requestId(),
      events: [{ carrier: "shunfeng", trackingNumber, time: timestampFromMs(Date.now() - 1000), status: Shipment_Status.DELIVERED }],
    });
  }

  async function seenDelivered(order: string): Promise<void> {
    await eventually(`${order} to be delivered`, async () => {
      const found = await patiently(() => api.orders.getOrder({ order }));
      return found.fulfilment === Order_Fulfilment.DELIVERED;
    });
  }

  test("what the older one wrote, the newer one reads and goes on with", async () => {
    await onlyRun("older");
    const { order, trackingNumber } = await takeOrder();
    await onlyRun("newer");
    await deliver(trackingNumber);
    await seenDelivered(order);
  });

  test("what the newer one wrote, the older one reads and goes on with", async () => {
    await onlyRun("newer");
    const { order, trackingNumber } = await takeOrder();
    await onlyRun("older");
    await deliver(trackingNumber);
    await seenDelivered(order);
  });

  test("they serve together, and one goes on when the other is gone", async () => {
    await onlyRun("older", "newer");
    const orders = [];
    for (let i = 0; i < 20; ++i) orders.push(await takeOrder());
    await older().kill();
    for (const { trackingNumber } of orders.slice(0, 10)) await deliver(trackingNumber);
    await older().start();
    await newer().kill();
    for (const { trackingNumber } of orders.slice(10)) await deliver(trackingNumber);
    for (const { order } of orders) await seenDelivered(order);
    await newer().start();
  });
});

// A process was just replaced: its channel may take a moment.
async function patiently<T>(call: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; ++tries) {
    try {
      return await call();
    } catch (error) {
      if (tries === 20) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
