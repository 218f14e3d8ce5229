// The drill of the day when a store is lost: back up while people talk, lose what came later, restore, raise the epochs.
// Clients that knew more than the restored store find their way, and work goes on.
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, test } from "node:test";

import { Chat, openSession } from "../support/chat.js";
import { refused } from "../support/clients.js";
import { type Cluster, oneOfEach } from "../support/cluster.js";
import { Kefuctl } from "../support/kefuctl.js";
import { bodyOf, buyerStream, chainFault } from "../support/streams.js";
import { testCluster } from "../support/test_cluster.js";
import { Trade } from "../support/trade.js";
import { eventually } from "../support/wait.js";

const cluster = testCluster({ inquiries: 1, gateways: 2, replicas: oneOfEach });
const kefuctl = new Kefuctl(cluster);
after(() => kefuctl.dispose());

// Of redis-server and of the blobs.
function dataFolder(of: Cluster): string {
  return of.redis.command("CONFIG", "GET", "dir").split("\n")[1]!;
}
function blobFolder(of: Cluster): string {
  return join(dirname(of.redis.socket), "blobs");
}

function recordsFile(of: Cluster): string {
  return of.path("records.sqlite");
}

test("after a restore with raised epochs every client sees the restored log and goes on", async () => {
  const chat = await Chat.start(cluster());
  await chat.agentSays("kept");
  const trade = await Trade.start(cluster(), chat.shop);
  const kept = await trade.shipped(chat.buyer.buyer);
  await trade.shipmentOf(kept.order);
  const backup = join(kefuctl.folder, "backup");
  await kefuctl.succeed(
    ...["backup", "--redis", cluster().redis.address, "--blobs", blobFolder(cluster())],
    ...["--records", recordsFile(cluster()), "--out", backup],
  );
  const lost = await chat.buyerSays("lost");
  await chat.buyerStream.said("lost");
  const gone = await trade.shipped(chat.buyer.buyer);
  await trade.shipmentOf(gone.order);
  const { storeEpoch } = await chat.buyerClients.buyer.getState({});
  await chat.end();

  const data = dataFolder(cluster());
  await cluster().stopServices();
  const files = ["--data", data, "--blobs", blobFolder(cluster()), "--records", recordsFile(cluster())];
  const early = await kefuctl.run("restore", "--from", backup, ...files);
  assert.equal(early.code, 2);
  assert.match(early.stderr, /REDIS_RUNNING/);
  await cluster().redis.kill();
  await kefuctl.succeed("restore", "--from", backup, ...files);
  await cluster().redis.start();
  await cluster().startServices();
  const epochs = await kefuctl.succeed("epoch", "raise", "--all");
  for (const source of ["inquiries", "orders", "logistics", "after_sales", "directory", "routing"]) {
    assert.match(epochs, new RegExp(`\\b${source} \\d+`));
  }

  // The buyer returns, knowing an entry that is gone: the stream starts anew.
  const clients = chat.buyer.at(cluster().gateway(1));
  const resume = { storeEpoch, conversation: chat.conversation, seq: lost.seq };
  const stream = buyerStream(clients, { resume });
  const resync = await stream.next("resync");
  assert.ok(resync.storeEpoch > storeEpoch);
  await openSession(clients, "again");
  await stream.said("again");
  const again = stream.entries().filter((entry) => entry.seq > resync.keepSeq);
  assert.equal(chainFault(again, resync.keepSeq), undefined);
  const log = (await clients.buyer.listMessages({ pageSize: 500 })).entries;
  const bodies = log.map(bodyOf).filter((body) => body !== undefined);
  assert.deepEqual(bodies, ["hello", "kept", "again"]);
  await stream.close();

  // So do the services: what was lost is unknown everywhere, what came before is there, and news travels.
  const program = trade.clients;
  assert.equal((await program.orders.getOrder({ order: kept.order })).number, kept.number);
  assert.equal((await refused(program.orders.getOrder({ order: gone.order }))).reason, "NO_SUCH_ORDER");
  const next = await trade.shipped(chat.buyer.buyer);
  await trade.shipmentOf(next.order);
  const said = async (query: string) => (await program.records.searchTranscripts({ query })).hits.length;
  await eventually("records to go on", async () => (await said("again")) === 1);
  assert.equal(await said("hello"), 1);
  await eventually("nobody to be behind", async () => {
    const { code, stdout } = await kefuctl.run("events", "lag", "--shop", chat.shop.id);
    return code === 0 && !/behind [1-9]/.test(stdout);
  });
});

test("after a restore recorded chats are played without a fault", async () => {
  const chats = join(kefuctl.folder, "chats.jsonl");
  const turns = ["customer", "agent", "customer", "agent"].map((speaker, n) => ({ speaker, text: `turn ${n}` }));
  const lines = ["one", "two", "three", "four"].map((id) => JSON.stringify({ id, turns }));
  writeFileSync(chats, lines.join("\n"));
  await kefuctl.succeed("shop", "create", "after", "--name", "After");
  const report = JSON.parse(
    await kefuctl.succeed("--json", "replay", chats, "--shop", "after", "--loop", "closed", "--pairs", "2"),
  );
  assert.equal(report.verdict, "passed");
  assert.equal(report.messages.acknowledged, 16);
  assert.equal(report.messages.delivered, 16);
});

test("a damaged backup is refused and nothing is touched", async () => {
  const backup = join(kefuctl.folder, "damaged");
  await kefuctl.succeed("backup", "--redis", cluster().redis.address, "--out", backup);
  const dump = join(backup, "redis", "dump.rdb");
  const bytes = readFileSync(dump);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(dump, bytes);
  const data = join(kefuctl.folder, "data");
  const { code, stderr } = await kefuctl.run("restore", "--from", backup, "--data", data);
  assert.equal(code, 2);
  assert.match(stderr, /DATA_LOSS[^]*dump\.rdb/);
  assert.equal(existsSync(data), false);
});
