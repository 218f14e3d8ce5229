// kefuctl for orders, parcels, cases, events, records and webhooks, as operators, administrators and programs use it.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";

import { oneOfEach } from "../support/cluster.js";
import { Kefuctl } from "../support/kefuctl.js";
import { testCluster } from "../support/test_cluster.js";
import { eventually } from "../support/wait.js";

const cluster = testCluster({ inquiries: 1, gateways: 2, replicas: oneOfEach });
const kefuctl = new Kefuctl(cluster);
after(() => kefuctl.dispose());

const shop = "trade";
let asAdmin: string[];
let asProgram: string[];

function file(name: string, text: string): string {
  const path = join(kefuctl.folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

test("an operator makes a shop, its administrator a key for the shop's program", async () => {
  const password = file("password", "correct horse battery\n");
  await kefuctl.succeed("shop", "create", shop, "--name", "Trade");
  await kefuctl.succeed("person", "create", "boss", "--new-password-file", password);
  await kefuctl.succeed("agent", "create", "--shop", shop, "--login", "boss", "--role", "admin");
  asAdmin = ["--login", "boss", "--password-file", password];
  const { secret } = JSON.parse(await kefuctl.succeed("--json", ...asAdmin, "key", "create", "--name", "erp"));
  asProgram = ["--key-file", file("key", `${secret}\n`)];
});

const time = new Date(Date.now() - 3_600_000).toISOString();
function order(number: string, more: object = {}) {
  return JSON.stringify({
    source: "native",
    number,
    createTime: time,
    updateTime: time,
    buyerExternalId: "customer-1",
    currency: "CNY",
    lines: [{ line: "1", sku: "CUP-01", title: "Cup", quantity: 2, unitPrice: "19.90" }],
    total: "39.80",
    paid: "39.80",
    payment: "PAYMENT_PAID",
    fulfilment: "FULFILMENT_SHIPPED",
    ...more,
  });
}

async function orderId(number: string): Promise<string> {
  return JSON.parse(await kefuctl.succeed("--json", ...asProgram, "orders", "list", "--number", number)).order;
}

test("orders are upserted from a file, the good ones kept, and found again", async () => {
  const orders = [
    order("K1", { parcels: [{ carrier: "shunfeng", trackingNumber: "SF1000000001" }] }),
    order("K2", { currency: "XXX" }),
    order("K3"),
  ];
  const path = file("orders.jsonl", orders.join("\n"));
  const said = await kefuctl.run(...asProgram, "orders", "upsert", path);
  assert.equal(said.code, 2, said.stderr);
  const lines = said.stdout.trimEnd().split("\n");
  assert.match(lines[0]!, /^CREATED {2}o_\w+/);
  assert.match(lines[1]!, /^REFUSED .*currency/i);
  assert.match(lines[2]!, /^CREATED {2}o_\w+/);
  const again = await kefuctl.run(...asProgram, "orders", "upsert", path);
  assert.match(again.stdout, /^UNCHANGED {2}o_\w+/);
  const list = await kefuctl.succeed(...asAdmin, "orders", "list", "--state", "open");
  assert.match(list, /native {2}K1 {2}OPEN {2}PAID {2}SHIPPED {2}NONE {2}39\.80 CNY {2}b_\w+/);
  assert.equal(list.trimEnd().split("\n").length, 2);
  assert.match(await kefuctl.succeed(...asAdmin, "orders", "get", await orderId("K3")), /^ {2}sku: CUP-01$/m);
  const broken = await kefuctl.run(...asProgram, "orders", "upsert", file("broken", `${order("K4")}\n{"nubmer":1}`));
  assert.equal(broken.code, 2);
  assert.match(broken.stderr, /orders\[1\]/);
  const wrong = await kefuctl.run(...asAdmin, "orders", "upsert", path);
  assert.match(wrong.stderr, /--key-file/);
});

test("parcels are tracked and listed", async () => {
  const event = { carrier: "shunfeng", trackingNumber: "SF1000000001", time, status: "STATUS_DELIVERED", text: "signed" };
  const path = file("events.jsonl", JSON.stringify(event));
  assert.match(await kefuctl.succeed(...asProgram, "parcels", "events", path), /^ADDED {2}h_\w+/);
  await eventually("the parcel with its order", async () =>
    /DELIVERED .* K1 /.test(await kefuctl.succeed(...asProgram, "parcels", "list", "--status", "delivered")),
  );
  const shipment = { carrier: "ups", trackingNumber: "1Z5R89390357567127", orderNumber: "elsewhere" };
  const registered = file("shipments.json", JSON.stringify([shipment]));
  const line = await kefuctl.succeed(...asProgram, "parcels", "register", registered);
  const id = /h_\w+/.exec(line)![0];
  assert.match(await kefuctl.succeed(...asProgram, "parcels", "get", id), /^tracking_number: 1Z5R89390357567127$/m);
});

test("a case is opened, approved, settled, and refuses what its state forbids", async () => {
  const id = await orderId("K3");
  const open = ["cases", "open", id, "--kind", "refund_only", "--reason", "defective", "--line", "1:1"];
  const opened = await kefuctl.succeed(...asProgram, ...open, "--request-id", "open-case-1");
  const name = /^k_\w+/.exec(opened)![0];
  assert.match(opened, /REFUND_ONLY {2}REQUESTED {2}19\.90 CNY/);
  // The same request again is the same case.
  assert.match(await kefuctl.succeed(...asProgram, ...open, "--request-id", "open-case-1"), new RegExp(`^${name} `));
  assert.match(await kefuctl.succeed(...asProgram, "cases", "approve", name), /REFUND_PENDING/);
  const twice = await kefuctl.run(...asProgram, "cases", "reject", name, "--note", "too late");
  assert.equal(twice.code, 2);
  assert.match(twice.stderr, /TRANSITION_FORBIDDEN/);
  const settled = await kefuctl.succeed(...asProgram, "cases", "settle", name, "--refund", `${name}_r1`, "--succeeded");
  assert.match(settled, /COMPLETED/);
  assert.match(await kefuctl.succeed(...asProgram, "cases", "get", name), /reason: DEFECTIVE/);
  assert.equal(await kefuctl.succeed(...asProgram, "cases", "list", "--live"), "");
});

test("an operator reads the events, sees who is behind, and finds no dead letters", async () => {
  const tail = await kefuctl.succeed("events", "tail", "orders", "--shop", shop, "--once");
  assert.match(tail, /^1 {2}\S+ {2}com\.kefu\.order\.created\.v1 {2}o_\w+/);
  assert.doesNotMatch(tail, /CUP-01/);
  await eventually("nobody to be behind", async () => {
    const { code, stdout } = await kefuctl.run("events", "lag", "--shop", shop);
    return code === 0 && /^records {2}orders {2}trade .* behind 0 /m.test(stdout) && !/behind [1-9]/.test(stdout);
  });
  assert.equal(await kefuctl.succeed("events", "dead-letters", "list", "--shop", shop), "");
  const none = await kefuctl.run(
    ...["events", "dead-letters", "discard", "no-such-event", "--consumer", "orders", "--source", "logistics"],
    ...["--shop", shop],
  );
  assert.equal(none.code, 2);
  assert.match(none.stderr, /NO_SUCH_DEAD_LETTER/);
});

test("what was said is searched, and a new session counts in the figures", async () => {
  const buyer = kefuctl.open("chat", "buyer", "--shop", shop, "--name", "Guest");
  try {
    buyer.type("are the blue cups in stock?");
    await buyer.shows(/blue cups/);
    await eventually("the words to be found", async () =>
      /are the blue cups in stock\?$/m.test(await kefuctl.succeed(...asProgram, "records", "search", "cup blue")),
    );
    const day = new Date().toISOString().slice(0, 10);
    const figures = ["records", "figures", "--from", day, "--to", day];
    await eventually("the session to be counted", async () =>
      /^\S+ {2}- {2}1 /m.test(await kefuctl.succeed(...asProgram, ...figures)),
    );
  } finally {
    buyer.kill();
  }
});

test("an administrator makes, lists and deletes an endpoint for pushes", async () => {
  const created = await kefuctl.succeed(...asAdmin, "webhooks", "create", "--source", "aftership", "--name", "tracking");
  const webhook = /w_\w+/.exec(created)![0];
  assert.match(created, /^secret: \S+$/m);
  assert.match(await kefuctl.succeed(...asAdmin, "webhooks", "list"), new RegExp(`^${webhook} {2}aftership .* tracking$`, "m"));
  await kefuctl.succeed(...asAdmin, "webhooks", "delete", webhook);
  assert.equal(await kefuctl.succeed(...asAdmin, "webhooks", "list"), "");
});
