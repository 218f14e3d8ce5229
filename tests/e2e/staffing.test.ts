// How many agents are needed: kefuctl staffing over JSON lines, without any gateway, and StaffingService for supervisors'
// programs.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";

import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";

import { Sharing } from "../gen/kefu/gateway/v1/staffing_pb.js";
import { Role } from "../gen/kefu/options_pb.js";
import { newShop } from "../support/chat.js";
import { refused } from "../support/clients.js";
import { GrpcProgram } from "../support/grpc.js";
import { jsonCall } from "../support/json_call.js";
import type { Outcome } from "../support/kefuctl.js";
import { binary, sharedData } from "../support/paths.js";
import type { Shop, Staff } from "../support/people.js";
import { testCluster } from "../support/test_cluster.js";

function near(actual: number | undefined, wanted: number, tolerance = 1e-6, what = ""): void {
  assert.ok(actual !== undefined && Math.abs(actual - wanted) <= tolerance, `${what} ${actual}, not ${wanted}`);
}

// Without a gateway's address, nor anybody's credentials.
async function staffing(input: string, ...args: string[]): Promise<Outcome> {
  return await new Promise((resolve) => {
    const child = execFile(binary("kefuctl"), ["staffing", ...args], { env: {}, timeout: 20_000 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
    );
    child.stdin!.end(input);
  });
}

interface Line {
  id?: string;
  source?: string;
  out: Record<string, number>;
  error?: { line: number; field?: string; reason: string; message: string };
}
const linesOf = (text: string) => text.trimEnd().split("\n").map((line) => JSON.parse(line) as Line);

describe("kefuctl staffing", () => {
  test("answers every line, and its exit code says that one could not be", async () => {
    const question = { model: "staffing", in: { arrivals_per_hour: 200, aht_s: 180, service_level: 0.8, target_s: 20 } };
    const wrong = { id: "w", model: "erlang_c", in: { arrivals_per_hour: -1, aht_s: 180, agents: 3 } };
    const input = [JSON.stringify(question), "nonsense", "", JSON.stringify(wrong), JSON.stringify(question)].join("\n");
    const { code, stdout } = await staffing(input);
    assert.equal(code, 2);
    const [first, second, third, fourth] = linesOf(stdout);
    assert.equal(first!.out.agents, 14);
    assert.deepEqual([second!.error!.line, second!.error!.reason], [2, "NOT_JSON"]);
    assert.deepEqual([third!.id, third!.error!.line, third!.error!.field], ["w", 4, "arrivals_per_hour"]);
    assert.deepEqual(fourth!.out, first!.out);
    const good = await staffing(`${JSON.stringify(question)}\n`);
    assert.deepEqual([good.code, good.stderr], [0, ""]);
  });

  test("says so when there is no such file, and explains itself", async () => {
    const absent = await staffing("", "/no/such/file.jsonl");
    assert.equal(absent.code, 2);
    assert.match(absent.stderr, /NO_SUCH_FILE/);
    assert.match((await staffing("", "--help")).stdout, /erlang_a .*patience_s/);
  });

  test("gives the results of the collected vectors", async (t) => {
    const file = join(sharedData, "queueing", "erlang_vectors.jsonl");
    if (!existsSync(file)) return t.skip(`no shared data: ${file}`);
    const begin = performance.now();
    const { code, stdout } = await staffing("", file);
    assert.ok(performance.now() - begin < 1000);
    assert.equal(code, 0);
    const wanted = linesOf(readFileSync(file, "utf8"));
    const found = linesOf(stdout);
    assert.equal(found.length, wanted.length);
    for (const [i, { id, out, source }] of wanted.entries()) {
      assert.equal(found[i]!.id, id);
      for (const [name, value] of Object.entries(out)) {
        // A source that gives minutes with six decimals.
        near(found[i]!.out[name], value, source !== undefined && name === "asa" ? 60e-6 : 1e-6, `${id} ${name}`);
      }
    }
    return undefined;
  });
});

describe("StaffingService", () => {
  const cluster = testCluster({ gatewayConfig: { grpc: { listen: "127.0.0.1:0" } } });
  let shop: Shop;
  let supervisor: Staff;
  const calls = (who: Staff = supervisor) => who.at(cluster().gateway(0)).staffing;
  before(async () => {
    shop = await newShop(cluster());
    supervisor = await shop.staff({ role: Role.SUPERVISOR });
  });

  test("says what so many agents make of a load, the same over Connect, JSON and gRPC", async () => {
    const request = { arrivalsPerHour: 200, ahtS: 180, agents: 14, targetS: 20 };
    const answer = await calls().calculateStaffing(request);
    near(answer.trafficErlang, 10);
    assert.equal(answer.stableAgents, 11);
    near(answer.performance?.waitProbability, 0.1741319336);
    near(answer.performance?.serviceLevel, 0.8883500192);
    assert.equal(answer.performance?.abandonProbability, undefined);
    const json = await jsonCall(cluster().gateway(1).url, {
      method: "StaffingService/CalculateStaffing",
      body: request,
      token: supervisor.token,
    });
    near((json.value.performance as { asaS: number }).asaS, answer.performance!.asaS!, 1e-12);
    const grpc = new GrpcProgram(cluster().gateway(1).port("grpc"), { token: supervisor.token });
    const { message } = await grpc.call("staffing", "CalculateStaffing", request);
    near(message.performance.serviceLevel as number, answer.performance!.serviceLevel!, 1e-12);
    grpc.close();
  });

  test("knows buyers who leave, and agents with several chats", async () => {
    const leaving = await calls().calculateStaffing({ arrivalsPerHour: 200, ahtS: 180, agents: 10, patienceS: 120, targetS: 20 });
    near(leaving.performance?.abandonProbability, 0.137464);
    near(leaving.performance?.serviceLevel, 0.639941);
    const chats = { arrivalsPerHour: 2880, ahtS: 1, agents: 1, chatsPerAgent: 3 };
    const { performance } = await calls().calculateStaffing({ ...chats, sharing: Sharing.PROCESSOR });
    near(performance?.waitProbability, 0.512);
    near(performance?.asaS, 2.56);
    assert.deepEqual((await refused(calls().calculateStaffing(chats))).fields, ["sharing"]);
  });

  test("answers an overload with what would do", async () => {
    const { performance, stableAgents } = await calls().calculateStaffing({ arrivalsPerHour: 200, ahtS: 180, agents: 10 });
    assert.deepEqual([performance?.stable, performance?.asaS, performance?.queueLength], [false, undefined, undefined]);
    assert.equal(performance?.waitProbability, 1);
    assert.equal(stableAgents, 11);
  });

  test("makes a table of a forecast", async () => {
    const start = Date.UTC(2026, 10, 22, 8);
    const plan = await calls().planStaffing({
      startTime: timestampFromMs(start),
      intervals: [{ arrivals: 100 }, { arrivals: 0 }, { arrivals: 50, ahtS: 360 }],
      ahtS: 180,
      serviceLevel: 0.8,
      targetS: 20,
      maxOccupancy: 0.85,
      shrinkage: 0.3,
    });
    assert.deepEqual(plan.rows.map(({ agents }) => agents).slice(0, 2), [14, 0]);
    assert.equal(plan.rows[0]!.agentsWithShrinkage, 20);
    assert.equal(timestampMs(plan.rows[2]!.startTime!), start + 3_600_000);
    assert.equal(plan.peakAgents, Math.max(...plan.rows.map(({ agents }) => agents)));
    near(plan.agentHours, plan.rows.reduce((sum, { agents }) => sum + agents / 2, 0));
  });

  test("plans six weeks of half hours in one call, and goes on answering others meanwhile", async () => {
    const intervals = [...Array(2016).keys()].map((i) => ({ arrivals: 40_000 + i }));
    const request = { intervals, ahtS: 300, patienceS: 120, serviceLevel: 0.8, targetS: 20 };
    const [plan] = await Promise.all([
      calls().planStaffing(request, { timeoutMs: 5000 }),
      ...[...Array(20).keys()].map(async () => await calls().calculateStaffing({ arrivalsPerHour: 1, ahtS: 1, agents: 1 })),
    ]);
    assert.equal(plan.rows.length, 2016);
    const more = await refused(calls().planStaffing({ ...request, intervals: [...intervals, { arrivals: 1 }] }));
    assert.deepEqual(more.fields, ["intervals"]);
  });

  test("refuses nonsense by the name of its field", async () => {
    const good = { arrivalsPerHour: 200, ahtS: 180, agents: 14 };
    const cases: [object, string][] = [
      [{ arrivalsPerHour: -1 }, "arrivals_per_hour"],
      [{ arrivalsPerHour: Number.NaN }, "arrivals_per_hour"],
      [{ arrivalsPerHour: Number.POSITIVE_INFINITY }, "arrivals_per_hour"],
      [{ ahtS: 0 }, "aht_s"],
      [{ agents: 0 }, "agents"],
      [{ agents: 1_000_001 }, "agents"],
      [{ patienceS: 0 }, "patience_s"],
      [{ targetS: -1 }, "target_s"],
    ];
    for (const [spoilt, field] of cases) {
      const refusal = await refused(calls().calculateStaffing({ ...good, ...spoilt }));
      assert.deepEqual([refusal.code, refusal.fields], [Code.InvalidArgument, [field]], JSON.stringify(spoilt));
    }
    const plan = { intervals: [{ arrivals: 10 }, { arrivals: -1 }], ahtS: 180, serviceLevel: 0.8, targetS: 20 };
    assert.deepEqual((await refused(calls().planStaffing(plan))).fields, ["intervals[1].arrivals"]);
    assert.deepEqual((await refused(calls().planStaffing({ ...plan, serviceLevel: 80 }))).fields, ["service_level"]);
    const negative = await jsonCall(cluster().gateway(0).url, {
      method: "StaffingService/CalculateStaffing",
      body: { ...good, agents: -5 },
      token: supervisor.token,
    });
    assert.deepEqual([negative.status, negative.code], [400, "invalid_argument"]);
    assert.match(negative.sentence, /agents/);
  });

  test("is for supervisors and administrators", async () => {
    const request = { arrivalsPerHour: 200, ahtS: 180, agents: 14 };
    await calls(await shop.staff({ role: Role.ADMIN })).calculateStaffing(request);
    const agent = await refused(calls(await shop.staff()).calculateStaffing(request));
    assert.deepEqual([agent.code, agent.reason], [Code.PermissionDenied, "ROLE_NOT_ALLOWED"]);
  });
});
