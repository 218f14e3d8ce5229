// What carriers push: webhooks made by an administrator, pushes as AfterShip and Kuaidi100 send them, and what comes of
// them; and everything that must be refused, byte by byte.
import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { before, describe, test } from "node:test";

import { Code } from "@connectrpc/connect";

import type { CreateWebhookResponse } from "../gen/kefu/gateway/v1/webhooks_pb.js";
import { type Shipment, Shipment_Status, ShipmentResult_Outcome } from "../gen/kefu/logistics/v1/service_pb.js";
import { Role } from "../gen/kefu/options_pb.js";
import { newShop } from "../support/chat.js";
import { type Clients, refused } from "../support/clients.js";
import { oneProcess } from "../support/cluster.js";
import { type Shop, requestId } from "../support/people.js";
import { type RawAnswer, connectErrorOf, rawRequest } from "../support/raw_http.js";
import { testCluster } from "../support/test_cluster.js";
import { eventually } from "../support/wait.js";

interface Item {
  time: string;
  statusCode?: string;
  context: string;
}

// A tracking number that no other test uses.
let parcels = 0;
const newNumber = () => `YT${String(++parcels).padStart(13, "0")}`;

function kuaidiParam(nu: string, data: Item[], state = "0", status = "polling"): string {
  return JSON.stringify({ status, message: "", lastResult: { com: "yuantong", nu, state, data } });
}

function kuaidiForm(param: string, salt: string): string {
  const sign = createHash("md5").update(param + salt).digest("hex").toUpperCase();
  return new URLSearchParams({ param, sign }).toString();
}

function afterShipBody(number: string, checkpoints: object[]): string {
  const msg = { slug: "ups", tracking_number: number, tag: "InTransit", subtag: "InTransit_001", checkpoints };
  return JSON.stringify({ ts: 1741047153, event: "tracking_update", event_id: `event-${number}`, msg });
}

const afterShipSignature = (body: string | Buffer, secret: string) =>
  createHmac("sha256", secret).update(body).digest("base64");

const pickedUp: Item = { time: "2025-03-02 18:05:00", statusCode: "103", context: "已收件" };
const outForDelivery: Item = { time: "2025-03-04 08:12:33", statusCode: "5", context: "派件" };
const signed: Item = { time: "2025-03-04 11:30:00", statusCode: "304", context: "已放入丰巢" };

describe("pushes of carriers", () => {
  // Several of these tests push from one address.
  const cluster = testCluster({ replicas: { logistics: 2, orders: 1 } });
  let shop: Shop;
  let admin: Clients;
  let program: Clients;
  let kuaidi: CreateWebhookResponse;
  let aftership: CreateWebhookResponse;

  before(async () => {
    shop = await newShop(cluster());
    admin = (await shop.staff({ role: Role.ADMIN })).at(cluster().gateway(0));
    program = (await shop.program()).at(cluster().gateway(1));
    kuaidi = await admin.webhooks.createWebhook({ requestId: requestId(), source: "kuaidi100", displayName: "快递100" });
    aftership = await admin.webhooks.createWebhook({
      requestId: requestId(),
      source: "aftership",
      displayName: "AfterShip",
      secret: "as-secret",
    });
  });

  const post = (path: string, body: string | Buffer, headers: Record<string, string>, gateway = 0): Promise<RawAnswer> =>
    rawRequest(cluster().gateway(gateway).address, { method: "POST", path, body, headers });
  const pushKuaidi = (param: string, gateway = 0) =>
    post(
      kuaidi.webhook!.path,
      kuaidiForm(param, kuaidi.secret),
      { "Content-Type": "application/x-www-form-urlencoded" },
      gateway,
    );
  const pushAfterShip = (body: string, signature = afterShipSignature(body, "as-secret")) =>
    post(aftership.webhook!.path, body, { "Content-Type": "application/json", "aftership-hmac-sha256": signature });

  const find = async (trackingNumber: string): Promise<Shipment | undefined> => {
    const { shipments } = await program.shipments.listShipments({ find: { case: "trackingNumber", value: trackingNumber } });
    return shipments[0];
  };
  const arrives = (number: string, status: Shipment_Status) =>
    eventually(`parcel ${number} is ${Shipment_Status[status]}`, async () => {
      const shipment = await find(number);
      return shipment?.status === status ? shipment : undefined;
    });

  test("a webhook is listed with its path, never with its secret", async () => {
    const { webhooks } = await admin.webhooks.listWebhooks({});
    assert.deepEqual(webhooks.map((w) => w.source).sort(), ["aftership", "kuaidi100"]);
    for (const webhook of webhooks) assert.equal(webhook.path, `/webhooks/${shop.id}/${webhook.webhook}`);
    assert.ok(kuaidi.secret.length >= 32);
    assert.equal(aftership.secret, "as-secret");
  });

  test("only administrators make webhooks", async () => {
    const agent = (await shop.staff()).at(cluster().gateway(0));
    const made = agent.webhooks.createWebhook({ requestId: requestId(), source: "aftership", displayName: "x" });
    assert.equal((await refused(made)).code, Code.PermissionDenied);
  });

  test("Kuaidi100 is answered as it expects, and its events are there", async () => {
    const number = newNumber();
    const answer = await pushKuaidi(kuaidiParam(number, [outForDelivery, pickedUp], "5"));
    assert.equal(answer.status, 200);
    assert.deepEqual(JSON.parse(answer.body.toString("utf8")), { result: true, returnCode: "200", message: "成功" });
    const shipment = await arrives(number, Shipment_Status.OUT_FOR_DELIVERY);
    assert.deepEqual(shipment.events.map((e) => [e.rawCode, e.rawTime]), [
      ["5", "2025-03-04 08:12:33"],
      ["103", "2025-03-02 18:05:00"],
    ]);
    // Without a zone it is Shanghai's time.
    assert.equal(shipment.statusTime!.seconds, BigInt(Date.parse("2025-03-04T08:12:33+08:00") / 1000));
  });

  test("pushes in the wrong order, twice and through both gateways end in the same parcel", async () => {
    const number = newNumber();
    const lists = [[pickedUp], [outForDelivery, pickedUp], [signed, outForDelivery, pickedUp]];
    const pushes = [2, 0, 1, 2, 1, 0].map((n, i) => pushKuaidi(kuaidiParam(number, lists[n]!), i % 2));
    for (const answer of await Promise.all(pushes)) assert.equal(answer.status, 200);
    const shipment = await arrives(number, Shipment_Status.DELIVERED);
    assert.equal(shipment.substatus, "LOCKER");
    const complete = await eventually("all events are there", async () => {
      const now = await find(number);
      return now!.events.length === 3 ? now : undefined;
    });
    assert.equal(complete!.status, Shipment_Status.DELIVERED);
  });

  test("a push meets the registration, whichever comes first", async () => {
    const number = newNumber();
    await pushKuaidi(kuaidiParam(number, [pickedUp]));
    const { buyer } = await shop.guest();
    const { results } = await program.shipments.registerShipments({
      requestId: requestId(),
      shipments: [{ carrier: "yuantong", trackingNumber: number, buyer }],
    });
    assert.notEqual(results[0]!.outcome, ShipmentResult_Outcome.REFUSED);
    const shipment = await arrives(number, Shipment_Status.PICKED_UP);
    assert.equal(shipment.buyer, buyer);
  });

  test("AfterShip's checkpoints are there, unknown codes leave the status", async () => {
    const number = "1Z5R89390357567127";
    const body = afterShipBody(number, [
      { checkpoint_time: "2025-03-04T08:12:33-05:00", tag: "InTransit", subtag: "InTransit_099", message: "Departed" },
      { checkpoint_time: "2025-03-05T08:12:33-05:00", tag: "Teleported", subtag: "Teleported_001", message: "?" },
    ]);
    assert.equal((await pushAfterShip(body)).status, 200);
    const shipment = await arrives(number, Shipment_Status.IN_TRANSIT);
    assert.equal(shipment.events.length, 2);
    assert.equal(shipment.events[0]!.rawCode, "Teleported_001");
  });

  test("a signature that is not that of the bytes is refused", async () => {
    const body = afterShipBody(newNumber(), []);
    const good = afterShipSignature(body, "as-secret");
    const bad = [
      await pushAfterShip(`${body} `, good),
      await pushAfterShip(body, afterShipSignature(body, "other secret")),
      await pushAfterShip(body, ""),
      await pushAfterShip(body, good.toLowerCase()),
      await post(
        kuaidi.webhook!.path,
        kuaidiForm(kuaidiParam(newNumber(), [pickedUp]), "other salt"),
        { "Content-Type": "application/x-www-form-urlencoded" },
      ),
    ];
    for (const answer of bad) {
      assert.equal(answer.status, 401);
      assert.equal(connectErrorOf(answer).reason, "BAD_SIGNATURE");
    }
  });

  test("what is no webhook is not found, foreign or absent alike", async () => {
    const other = await newShop(cluster());
    const id = aftership.webhook!.webhook;
    const body = afterShipBody(newNumber(), []);
    const headers = {
      "Content-Type": "application/json",
      "aftership-hmac-sha256": afterShipSignature(body, "as-secret"),
    };
    const bodies = new Set<string>();
    for (const path of [`/webhooks/${other.id}/${id}`, `/webhooks/${shop.id}/w_${"a".repeat(26)}`, "/webhooks/x"]) {
      const answer = await post(path, body, headers);
      assert.equal(answer.status, 404, path);
      bodies.add(answer.body.toString("utf8"));
    }
    assert.equal(bodies.size, 1);
  });

  test("another method, another content type and too large a body are refused", async () => {
    const { address } = cluster().gateway(0);
    const path = aftership.webhook!.path;
    const got = await rawRequest(address, { method: "GET", path });
    assert.equal(got.status, 405);
    assert.equal(got.headers.allow, "POST");
    assert.equal((await post(path, "{}", { "Content-Type": "text/plain" })).status, 415);
    assert.equal((await post(path, Buffer.alloc(10 << 20, 0x20), { "Content-Type": "application/json" })).status, 413);
    // More than an API call may have, but not more than a push.
    const large = JSON.stringify({ event: "tracking_update", msg: {}, padding: "x".repeat(900_000) });
    assert.equal((await pushAfterShip(large)).status, 200);
  });

  test("a body that cannot be read is taken and blocks nothing", async () => {
    const number = newNumber();
    const deep = `{"status":"polling","x":${"[".repeat(10_000)}${"]".repeat(10_000)}}`;
    for (const param of ["not json", deep, "{}"]) assert.equal((await pushKuaidi(param)).status, 200);
    await pushKuaidi(kuaidiParam(number, [pickedUp]));
    await arrives(number, Shipment_Status.PICKED_UP);
  });

  test("a deleted webhook takes nothing any more, on either gateway", async () => {
    const made = await admin.webhooks.createWebhook({
      requestId: requestId(),
      source: "aftership",
      displayName: "for a moment",
      secret: "gone",
    });
    const body = afterShipBody(newNumber(), []);
    const headers = { "Content-Type": "application/json", "aftership-hmac-sha256": afterShipSignature(body, "gone") };
    assert.equal((await post(made.webhook!.path, body, headers, 1)).status, 200);
    await admin.webhooks.deleteWebhook({ requestId: requestId(), webhook: made.webhook!.webhook });
    for (const gateway of [0, 1]) assert.equal((await post(made.webhook!.path, body, headers, gateway)).status, 404);
  });

  test("a shop has twenty webhooks at most", async () => {
    const full = await newShop(cluster());
    const boss = (await full.staff({ role: Role.ADMIN })).at(cluster().gateway(0));
    const make = (n: number) =>
      boss.webhooks.createWebhook({ requestId: requestId(), source: "kuaidi100", displayName: `number ${n}` });
    for (let n = 0; n < 20; ++n) await make(n);
    assert.equal((await refused(make(20))).reason, "TOO_MANY_WEBHOOKS");
  });

  // The others would be gone with it.
  test("while logistics is down a push is to be sent again", { skip: oneProcess }, async () => {
    const number = newNumber();
    for (const replica of [0, 1]) await cluster().service("logistics", replica).kill();
    const answer = await pushKuaidi(kuaidiParam(number, [pickedUp]));
    assert.equal(answer.status, 503);
    assert.ok(Number(answer.headers["retry-after"]) > 0);
    for (const replica of [0, 1]) await cluster().service("logistics", replica).start();
    const again = await eventually("it is taken", async () => {
      const next = await pushKuaidi(kuaidiParam(number, [pickedUp]));
      return next.status === 200 ? next : undefined;
    });
    assert.equal(again.status, 200);
    await arrives(number, Shipment_Status.PICKED_UP);
  });
});

// In one process the gateway would be gone, too.
describe("a push when logistics dies between keeping and answering", { skip: oneProcess }, () => {
  const cluster = testCluster({ replicas: { logistics: 2 }, failpoints: { logistics: ["logistics.push.kept=kill@1"] } });

  test("is answered by the other replica, and what it tells is there once", async () => {
    const shop = await newShop(cluster());
    const admin = (await shop.staff({ role: Role.ADMIN })).at(cluster().gateway(0));
    const program = (await shop.program()).at(cluster().gateway(0));
    const { webhook, secret } = await admin.webhooks.createWebhook({
      requestId: requestId(),
      source: "kuaidi100",
      displayName: "快递100",
    });
    const headers = { "Content-Type": "application/x-www-form-urlencoded" };
    const victim = cluster().service("logistics", 0);
    const numbers: string[] = [];
    // Replicas take turns: one of the first pushes meets the one that dies.
    while (victim.server.alive) {
      assert.ok(numbers.length < 10, "it does not die");
      const number = newNumber();
      numbers.push(number);
      const body = kuaidiForm(kuaidiParam(number, [pickedUp]), secret);
      const request = { method: "POST", path: webhook!.path, body, headers };
      const answer = await rawRequest(cluster().gateway(0).address, request);
      // What was not answered well is pushed again.
      if (answer.status !== 200) await rawRequest(cluster().gateway(0).address, request);
    }
    await victim.died();
    for (const value of numbers) {
      const shipment = await eventually(`parcel ${value} is there`, async () => {
        const found = await program.shipments.listShipments({ find: { case: "trackingNumber", value } });
        return found.shipments[0];
      });
      assert.equal(shipment!.status, Shipment_Status.PICKED_UP);
      assert.equal(shipment!.events.length, 1);
    }
    await victim.start();
  });
});
