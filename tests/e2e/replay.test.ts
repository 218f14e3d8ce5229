// Recorded chats of people, played against a whole kefu: the busiest two hours at 200 times their speed.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { Cluster } from "../support/cluster.js";
import { check, describe } from "../support/history/checker.js";
import { parseHistory } from "../support/history/record.js";
import { binary, sharedData } from "../support/paths.js";
import { Shop } from "../support/people.js";
import { behindProxy } from "../support/test_cluster.js";

const chats = join(sharedData, "star", "chats.jsonl");
const skip = existsSync(chats) ? false : `${chats} does not exist: the recorded chats lie beside the repository`;

test("the busiest two hours of recorded chats lose, double and reorder nothing", { skip }, async () => {
  // At 200 times their speed people break every limit on people.
  const limits = { buyer_messages_per_10s: 10_000, buyer_sessions_per_minute: 10_000, sign_ins_per_minute: 10_000,
    buyer_writes_per_10s: 10_000, buyer_reads_per_10s: 10_000 };
  const cluster = await Cluster.start({ inquiries: 2, gatewayConfig: { ...behindProxy, limits } });
  const folder = mkdtempSync(join(tmpdir(), "kefu-replay-"));
  try {
    await Shop.create(cluster, "replay");
    const operatorKey = join(folder, "operator_key");
    const history = join(folder, "history.jsonl");
    writeFileSync(operatorKey, cluster.operatorKey, { mode: 0o600 });
    const { code, output } = await kefuctl(operatorKey, [
      ...cluster.gateways.flatMap(({ address }) => ["--gateway", address]),
      "--json",
      ...["replay", chats, "--shop", "replay", "--busiest", "2", "--speed", "200", "--pairs", "25"],
      ...["--loop", "open", "--seed", "1", "--history", history],
    ]);
    assert.equal(code, 0, output);
    const verdict = check(parseHistory(readFileSync(history, "utf8")));
    console.log(describe(verdict));
    assert.deepEqual(verdict.violations.slice(0, 10), []);
    assert.ok(verdict.ok > 500, `only ${verdict.ok} messages were acknowledged`);
  } finally {
    await cluster.stop();
    rmSync(folder, { recursive: true });
  }
});

async function kefuctl(operatorKey: string, args: string[]): Promise<{ code: number; output: string }> {
  const environment = { ...process.env, KEFU_OPERATOR_KEY_FILE: operatorKey };
  return await new Promise((resolve) => {
    const options = { env: environment, timeout: 180_000, maxBuffer: 16 << 20 };
    execFile(binary("kefuctl"), args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code ?? -1);
      resolve({ code, output: `${stdout}\n${stderr}` });
    });
  });
}
