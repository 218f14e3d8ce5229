// What if: kefuctl simulate with its real Redis and the gateway's own functions, without any gateway.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import type { Outcome } from "../support/kefuctl.js";
import { binary, sharedData } from "../support/paths.js";

interface Report {
  policies: string[];
  figures: Record<string, { values: number[]; difference?: number }>;
}

async function simulate(...args: string[]): Promise<Outcome> {
  return await new Promise((resolve) => {
    const options = { env: { PATH: process.env.PATH }, timeout: 120_000, maxBuffer: 1 << 24 };
    execFile(binary("kefuctl"), ["simulate", ...args], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
    );
  });
}

async function report(...args: string[]): Promise<Report> {
  const { code, stdout, stderr } = await simulate(...args, "--json");
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Report;
}

// First come, first served, by `servers` who serve one at a time: the waits in milliseconds. Kiefer and Wolfowitz.
function waits(arrivals: { at: number; service: number }[], servers: number): number[] {
  const free = Array<number>(servers).fill(0);
  return arrivals.map(({ at, service }) => {
    const first = free.indexOf(Math.min(...free));
    const begin = Math.max(at, free[first]!);
    free[first] = begin + service;
    return begin - at;
  });
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("kefuctl simulate", () => {
  let folder = "";
  before(() => (folder = mkdtempSync(join(tmpdir(), "kefu-test-"))));
  after(() => rmSync(folder, { recursive: true }));

  function file(name: string, content: string): string {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  }

  test("first come, first served is the exact calculation, session by session", async () => {
    const arrivals = [...Array(200).keys()].map((i) => ({ at: i * 7_000 + ((i * 7919) % 5_000), service: 20_000 + ((i * 104_729) % 60_000) }));
    const lines = arrivals.map(({ at, service }) => JSON.stringify({ time: 1_767_600_000 + at / 1000, service: service / 1000 }));
    const { figures } = await report("fifo", "--arrivals", file("arrivals.jsonl", lines.join("\n")), "--staff", "5", "--capacity", "20");
    const expected = waits(arrivals, 5);
    assert.equal(figures.served!.values[0], 200);
    assert.ok(Math.abs(figures.wait_mean!.values[0]! * 1000 - mean(expected)) < 0.5, `${figures.wait_mean!.values[0]} s, not ${mean(expected)} ms`);
    assert.ok(Math.abs(figures.wait_max!.values[0]! * 1000 - Math.max(...expected)) < 0.5);
  });

  test("the same seed prints the same, another one something else", async () => {
    const args = ["fifo", "--poisson", "rate=0.2,hours=1", "--service", "exponential:60", "--patience", "exponential:120", "--staff", "12", "--capacity", "20", "--repetitions", "2"];
    const [first, second, third] = await Promise.all([simulate(...args), simulate(...args), simulate(...args, "--seed", "2")]);
    assert.equal(first.code, 0, first.stderr);
    assert.equal(second.stdout, first.stdout);
    assert.notEqual(third.stdout, first.stdout);
  });

  test("two policies meet the same buyers, and what differs is told", async () => {
    const strict = { groups: [{ group: "g", strictPriority: true }], defaultGroup: "g", languages: ["zh-CN"] };
    const policy = file("strict.json", JSON.stringify(strict));
    const { policies, figures } = await report(
      "fifo", policy, "--poisson", "rate=0.25,hours=1,priority.vip=0.2", "--service", "exponential:60", "--staff", "14", "--capacity", "20", "--repetitions", "3");
    assert.equal(policies.length, 2);
    const [one, two] = figures.arrivals!.values as unknown as { mean: number }[];
    assert.equal(one!.mean, two!.mean);
    assert.ok("difference" in figures.wait_mean!);
  });

  test("recorded chats go through it", { skip: !existsSync(join(sharedData, "star/chats.jsonl")) && "no recorded chats here" }, async () => {
    const { figures } = await report("fifo", "--chats", join(sharedData, "star/chats.jsonl"), "--staff", "30", "--capacity", "60");
    assert.ok(figures.served!.values[0]! > 1000, `${figures.served!.values[0]} served`);
  });

  test("what is wrong is named, with line and field", async () => {
    const bad = file("bad.jsonl", '{"time":1767600000,"service":60}\n{"time":1767600001,"priority":"king"}\n');
    const { code, stderr } = await simulate("fifo", "--arrivals", bad, "--staff", "2");
    assert.notEqual(code, 0);
    assert.match(stderr, /line 2: priority/);
  });
});
