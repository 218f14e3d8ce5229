// The routing configuration over the API: who may, what is refused and how, and that two gateways agree.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";

import type { JsonObject } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";

import { Role } from "../gen/kefu/options_pb.js";
import { newShop } from "../support/chat.js";
import { type Clients, refused } from "../support/clients.js";
import { repository } from "../support/paths.js";
import { type Shop, type Staff, requestId } from "../support/people.js";
import { type ConfigJson, configOf, shopConfig } from "../support/routing.js";
import { testCluster } from "../support/test_cluster.js";
import { eventually } from "../support/wait.js";

describe("the routing configuration", () => {
  const cluster = testCluster({ gateways: 2 });
  let shop: Shop;
  let boss: Staff;
  let here: Clients;
  let there: Clients;

  before(async () => {
    shop = await newShop(cluster());
    boss = await shop.staff({ role: Role.ADMIN });
    here = boss.at(cluster().gateway(0));
    there = boss.at(cluster().gateway(1));
  });

  const set = (clients: Clients, json: ConfigJson) =>
    clients.routing.setRoutingConfig({ requestId: requestId(), config: configOf(json) });

  test("a shop begins with one group that everybody serves", async () => {
    const { config, version, inForce } = await here.routing.getRoutingConfig({});
    assert.deepEqual(config!.groups.map(({ group }) => group), ["g"]);
    assert.equal(config!.etag, "0");
    assert.equal(version, 0n);
    assert.ok(inForce);
  });

  test("what one gateway sets the other reads, with who did it", async () => {
    const { config, version } = await set(here, { ...shopConfig(), etag: "0" });
    assert.equal(version, 1n);
    const read = await there.routing.getRoutingConfig({});
    assert.deepEqual(read.config, config);
    assert.equal(read.updatedBy, boss.agent);
    await eventually("it is in force", async () => (await there.routing.getRoutingConfig({})).inForce || undefined);
  });

  test("of two administrators who read the same one is refused, and loses nothing", async () => {
    const { config } = await here.routing.getRoutingConfig({});
    const answers = await Promise.allSettled(
      [here, there, here, there].map((clients, i) =>
        set(clients, { ...shopConfig(), etag: config!.etag, defaultGroup: i % 2 ? "english" : "sales" }),
      ),
    );
    const won = answers.filter(({ status }) => status === "fulfilled");
    assert.equal(won.length, 1);
    for (const answer of answers) {
      if (answer.status === "fulfilled") continue;
      const refusal = await refused(Promise.reject(answer.reason));
      assert.equal(refusal.code, Code.Aborted);
      assert.equal(refusal.reason, "ETAG_MISMATCH");
    }
    assert.equal((await there.routing.getRoutingConfig({})).version, BigInt(config!.etag) + 1n);
  });

  test("the same request again changes nothing, at either gateway", async () => {
    const request = { requestId: requestId(), config: configOf(shopConfig()) };
    const first = await here.routing.setRoutingConfig(request);
    const again = await there.routing.setRoutingConfig(request);
    assert.equal(again.version, first.version);
  });

  // What is wrong with a document, where its first group is spoilt, or all of it.
  const firstGroup = (more: JsonObject): ConfigJson => {
    const json = shopConfig();
    return { ...json, groups: [{ ...json.groups[0], ...more }, ...json.groups.slice(1)] };
  };
  const leadingBack = (): ConfigJson => {
    const json = shopConfig();
    const [returns, english, sales] = json.groups;
    const relaxation = [{ after: "60s", overflowGroup: "returns" }];
    return { ...json, groups: [returns!, english!, { ...sales, relaxation }] };
  };
  const wrong: [string, string, ConfigJson][] = [
    ["a chain of overflow that leads back", "groups[0].relaxation[1].overflow_group", leadingBack()],
    [
      "a step that admits fewer",
      "groups[0].relaxation[0].lower_levels_by",
      firstGroup({ relaxation: [{ after: "60s", lowerLevelsBy: -1 }] }),
    ],
    [
      "a skill that nobody knows",
      "groups[0].requirements[0].skill",
      firstGroup({ requirements: [{ skill: "cooking", level: 1 }] }),
    ],
    [
      "a group that is not there",
      "rules[0].group",
      { ...shopConfig(), rules: [{ languages: ["en"], group: "nobody" }] },
    ],
    ["an unknown default group", "default_group", { ...shopConfig(), defaultGroup: "" }],
    ["an agent that is not there", "groups[0].members[0]", firstGroup({ members: ["a_aaaaaaaaaaaaaaaaaaaaaaaaaa"] })],
    [
      "a time zone that is not there",
      "hours[0].time_zone",
      { ...shopConfig(), hours: [{ ...shopConfig().hours[0], timeZone: "Asia/Nowhere" }] },
    ],
  ];
  for (const [name, field, json] of wrong) {
    test(`${name} is refused with the field named, and nothing changes`, async () => {
      const { version } = await here.routing.getRoutingConfig({});
      const refusal = await refused(set(here, json));
      assert.equal(refusal.code, Code.InvalidArgument);
      assert.equal(refusal.reason, "INVALID_FIELD");
      assert.ok(refusal.fields.includes(field), refusal.fields.join());
      const { violations } = await here.routing.validateRoutingConfig({ config: configOf(json) });
      assert.deepEqual(violations.map((v) => v.field), refusal.fields);
      assert.equal((await there.routing.getRoutingConfig({})).version, version);
    });
  }

  test("a valid one is shown with whom each step would have", async () => {
    const li = await shop.staff({ signIn: false });
    await set(here, shopConfig());
    await here.admin.setAgentSkills({ requestId: requestId(), agent: li.agent, skills: { returns: 2 }, languages: ["zh-CN"] });
    const { violations, eligible } = await there.routing.validateRoutingConfig({ config: configOf(shopConfig()) });
    assert.deepEqual(violations, []);
    const counts = Object.fromEntries(eligible.map((e) => [`${e.group}.${e.step}`, e.agents]));
    assert.deepEqual(counts, { "sales.0": 0, "returns.0": 0, "returns.1": 1, "returns.2": 1, "english.0": 0 });
  });

  test("that of the demonstration shop is valid", async () => {
    const json = JSON.parse(readFileSync(join(repository, "deploy/dev/demo/routing.json"), "utf8")) as ConfigJson;
    const { violations } = await here.routing.validateRoutingConfig({ config: configOf(json) });
    assert.deepEqual(violations, []);
  });

  test("skills that the configuration does not know are refused", async () => {
    const li = await shop.staff({ signIn: false });
    const unknown = here.admin.setAgentSkills({ requestId: requestId(), agent: li.agent, skills: { cooking: 2 }, languages: ["fr"] });
    assert.deepEqual((await refused(unknown)).fields, ['skills["cooking"]', "languages[0]"]);
  });

  test("supervisors read it, agents do not, only administrators set it", async () => {
    const supervisor = (await shop.staff({ role: Role.SUPERVISOR })).at(cluster().gateway(0));
    const agent = (await shop.staff()).at(cluster().gateway(0));
    await supervisor.routing.getRoutingConfig({});
    assert.equal((await refused(set(supervisor, shopConfig()))).code, Code.PermissionDenied);
    assert.equal((await refused(agent.routing.getRoutingConfig({}))).code, Code.PermissionDenied);
    assert.equal((await refused(set(agent, shopConfig()))).code, Code.PermissionDenied);
    const buyer = (await shop.guest()).at(cluster().gateway(0));
    assert.equal((await refused(buyer.routing.getHours({}))).code, Code.PermissionDenied);
  });

  test("another shop's configuration is another", async () => {
    const other = await newShop(cluster());
    const stranger = (await other.staff({ role: Role.ADMIN })).at(cluster().gateway(0));
    assert.equal((await stranger.routing.getRoutingConfig({})).version, 0n);
    const li = await shop.staff({ signIn: false });
    const foreign = stranger.admin.setAgentSkills({ requestId: requestId(), agent: li.agent });
    assert.equal((await refused(foreign)).reason, "NO_SUCH_AGENT");
  });

  test("every agent may ask for the groups that a session can be given to, and whether they are open", async () => {
    await set(here, { ...shopConfig(), groups: [{ ...shopConfig().groups[0], hours: "past" }, ...shopConfig().groups.slice(1)] });
    const agent = (await shop.staff()).at(cluster().gateway(1));
    const { groups } = await agent.routing.listGroups({});
    assert.deepEqual(groups.map(({ group, open }) => [group, open]), [["returns", false], ["english", true], ["sales", true]]);
    const buyer = (await shop.guest()).at(cluster().gateway(0));
    assert.equal((await refused(buyer.routing.listGroups({}))).code, Code.PermissionDenied);
  });

  test("every agent may ask whether the shop is open", async () => {
    const agent = (await shop.staff()).at(cluster().gateway(1));
    const { hours } = await agent.routing.getHours({});
    assert.deepEqual(hours.map((h) => [h.hours, h.open, h.nextChange, h.nextOpening !== undefined]), [
      ["always", true, undefined, true],
      ["past", false, undefined, false],
    ]);
    assert.equal((await refused(agent.routing.getHours({ hours: "night" }))).reason, "NO_SUCH_HOURS");
  });

  test("former configurations stand in the audit log", async () => {
    const { entries } = await here.admin.listAuditEntries({ pageSize: 500 });
    const sets = entries.filter(({ method }) => method.endsWith("/SetRoutingConfig"));
    assert.ok(sets.length >= 2);
    assert.match(sets[0]!.request, /"overflowGroup":"sales"/);
  });
});
