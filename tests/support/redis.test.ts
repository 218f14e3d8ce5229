// The tool that takes the power away must itself be shown to work: it loses what was not synced, and only that.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";

import { RedisServer } from "./redis.js";
import { eventually } from "./wait.js";

async function withRedis(appendfsync: "always" | "everysec", act: (redis: RedisServer) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "kefu-test-"));
  const redis = new RedisServer({ folder, appendfsync, recordSyncs: true });
  try {
    await redis.start();
    await act(redis);
  } finally {
    await redis.stop();
    rmSync(folder, { recursive: true });
  }
}

// Redis acknowledged all of them.
function write(redis: RedisServer, count: number): void {
  const commands = [...Array(count).keys()].map((i) => `RPUSH list ${i}\n`).join("");
  execFileSync("redis-cli", ["-s", redis.socket], { input: commands, stdio: ["pipe", "ignore", "inherit"] });
}

const length = (redis: RedisServer) => Number(redis.command("LLEN", "list"));

describe("a power loss", () => {
  test("with AOF always loses nothing that was acknowledged, time after time", async () => {
    await withRedis("always", async (redis) => {
      for (let written = 500; written <= 1500; written += 500) {
        write(redis, 500);
        await redis.powerLoss();
        await redis.start();
        assert.equal(length(redis), written);
      }
    });
  });

  test("loses nothing either when Redis has written its log anew, whose file was never synced before", async () => {
    await withRedis("always", async (redis) => {
      // How many are done.
      const rewrites = () => {
        const told = redis.command("INFO", "persistence");
        return Number(/aof_rewrites:(\d+)/.exec(told)?.[1]) - Number(/aof_rewrite_in_progress:(\d)/.exec(told)?.[1]);
      };
      for (let written = 500; written <= 1500; written += 500) {
        write(redis, 250);
        const before = rewrites();
        redis.command("BGREWRITEAOF");
        write(redis, 250);
        // In the middle of it, or after it.
        if (written !== 1000) await eventually("the log to be written", () => rewrites() !== before);
        await redis.powerLoss();
        await redis.start();
        assert.equal(length(redis), written);
      }
    });
  });

  test("with AOF everysec loses what was acknowledged since the last sync, and kill -9 does not", async () => {
    await withRedis("everysec", async (redis) => {
      write(redis, 500);
      await redis.kill();
      await redis.start();
      assert.equal(length(redis), 500);
      let lost = 0;
      for (let tries = 0; lost === 0 && tries < 10; ++tries) {
        const before = length(redis);
        write(redis, 500);
        const bytes = await redis.powerLoss();
        await redis.start();
        lost = before + 500 - length(redis);
        assert.equal(bytes > 0, lost > 0);
      }
      assert.ok(lost > 0, "ten power losses lost nothing");
    });
  });
});
