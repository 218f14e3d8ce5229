// The command line tool as operators and administrators use it, against a whole kefu.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";

import { Role } from "../gen/kefu/options_pb.js";
import { Kefuctl } from "../support/kefuctl.js";
import { Person } from "../support/people.js";
import { deskConfig } from "../support/routing.js";
import { testCluster } from "../support/test_cluster.js";

const cluster = testCluster({ inquiries: 1, gateways: 2 });
const kefuctl = new Kefuctl(cluster);
after(() => kefuctl.dispose());

const password = "correct horse battery";
function passwordFile(): string {
  const file = join(kefuctl.folder, "password");
  writeFileSync(file, `${password}\n`, { mode: 0o600 });
  return file;
}

async function hire(shop: string, login: string, role: string): Promise<string[]> {
  const file = passwordFile();
  await kefuctl.succeed("person", "create", login, "--new-password-file", file);
  await kefuctl.succeed("agent", "create", "--shop", shop, "--login", login, "--role", role, "--capacity", "100");
  return ["--login", login, "--password-file", file];
}

test("an operator makes a shop and its administrator, who makes and revokes keys", async () => {
  assert.match(await kefuctl.succeed("shop", "create", "acme", "--name", "Acme"), /identity key ik_/);
  assert.match(await kefuctl.succeed("shop", "list"), /^acme .* Acme$/m);
  const asAdmin = await hire("acme", "admin-1", "admin");
  assert.match(await kefuctl.succeed(...asAdmin, "agent", "list"), /admin-1 {2}admin {2}capacity 100/);
  const created = JSON.parse(await kefuctl.succeed(...asAdmin, "--json", "key", "create", "--name", "erp"));
  await kefuctl.succeed(...asAdmin, "key", "revoke", created.key.keyId);
  assert.match(await kefuctl.succeed(...asAdmin, "key", "list"), /erp {2}revoked$/m);
  assert.match(await kefuctl.succeed(...asAdmin, "identity", "rotate"), /^identity key ik_/);
  const audit = await kefuctl.succeed(...asAdmin, "audit", "list");
  for (const method of ["CreateApiKey", "RevokeApiKey", "RotateIdentityKey"]) assert.match(audit, new RegExp(method));
  assert.doesNotMatch(audit, new RegExp(password));
});

test("a program is made an agent, with a key that grants what was asked for", async () => {
  await kefuctl.succeed("shop", "create", "robots", "--name", "Robots");
  const asAdmin = await hire("robots", "admin-robots", "admin");
  const program = ["--program", "--name", "Robot", "--answer-limit", "20"];
  const { agent } = JSON.parse(await kefuctl.succeed("--json", "agent", "create", "--shop", "robots", ...program));
  assert.deepEqual([agent.program, agent.answerLimit, agent.login ?? ""], [true, "20s", ""]);
  assert.match(await kefuctl.succeed(...asAdmin, "agent", "list"), /\(program\) {2}agent {2}capacity 100 {2}Robot$/m);
  const scopes = ["--agent", agent.agent, "--scopes", "sessions,orders:read"];
  const key = JSON.parse(await kefuctl.succeed(...asAdmin, "--json", "key", "create", "--name", "robot", ...scopes));
  const who = await new Person(key.secret).at(cluster().gateway(1)).auth.whoAmI({});
  assert.deepEqual([who.role, who.subject], [Role.AGENT, agent.agent]);
  assert.match(await kefuctl.succeed(...asAdmin, "key", "list"), /robot {2}a_\w+ {2}sessions {2}orders:read$/m);
  const wrong = await kefuctl.run(...asAdmin, "key", "create", "--name", "x", "--agent", agent.agent, "--scopes", "all");
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /none of sessions, suggest, orders:read, cases:write, cases:decide/);
});

test("what is refused ends with 2 and says why", async () => {
  await kefuctl.succeed("shop", "create", "twice", "--name", "Once");
  const again = await kefuctl.run("shop", "create", "twice", "--name", "Twice");
  assert.equal(again.code, 2);
  assert.match(again.stderr, /ALREADY_EXISTS/);
  const wrong = await kefuctl.run("--login", "nobody", "--password-file", passwordFile(), "key", "list");
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /BAD_CREDENTIALS/);
  const nowhere = await kefuctl.run("--gateway", "127.0.0.1:1", "shop", "list");
  assert.equal(nowhere.code, 2);
  assert.match(nowhere.stderr, /GATEWAY_UNREACHABLE/);
  assert.ok((await kefuctl.run("no-such-command")).code >= 100);
});

test("options may stand in a file, and what it misspells is refused", async () => {
  const file = join(kefuctl.folder, "kefuctl.ini");
  const out = join(kefuctl.folder, "backup");
  writeFileSync(file, `[backup]\nredis = "${cluster().redis.address}"\nout = "${out}"\n`);
  assert.match(await kefuctl.succeed("--config", file, "backup"), /^backed up .* libraries .*kefu_inquiries/);
  await kefuctl.succeed("restore", "--check", "--from", out);
  writeFileSync(file, `[backup]\nredis = "${cluster().redis.address}"\nout = "${out}"\nblops = "x"\n`);
  assert.ok((await kefuctl.run("--config", file, "backup")).code >= 100);
});

test("a disabled person cannot sign in until enabled again", async () => {
  await kefuctl.succeed("shop", "create", "away", "--name", "Away");
  const asAdmin = await hire("away", "admin-2", "admin");
  await kefuctl.succeed("person", "disable", "admin-2");
  assert.equal((await kefuctl.run(...asAdmin, "key", "list")).code, 2);
  await kefuctl.succeed("person", "enable", "admin-2");
  await kefuctl.succeed(...asAdmin, "key", "list");
});

test("buyer and agent chat in two terminals", async () => {
  await kefuctl.succeed("shop", "create", "talk", "--name", "Talk");
  const asAgent = await hire("talk", "ann", "agent");
  const agent = kefuctl.open(...asAgent, "chat", "agent");
  const buyer = kefuctl.open("chat", "buyer", "--shop", "talk", "--name", "Bea");
  try {
    await agent.shows(/signed in/);
    buyer.type("where is my parcel?");
    await agent.shows(/^\+ 1 s_\w+ ACTIVE fence 1 buyer Bea$/m);
    await agent.shows(/^#1 buyer Bea: where is my parcel\?$/m);
    agent.type("/note looks late");
    await agent.shows(/note ann: looks late$/m);
    agent.type("let me look");
    const seen = await buyer.shows(/agent ann: let me look$/m);
    assert.doesNotMatch(seen, /looks late/);
    agent.type("/use 7");
    await agent.shows(/^! NOT_FOUND/m);
    agent.type("/close");
    await buyer.shows(/SESSION_CLOSED solved$/m);
    // The next message opens a new session.
    buyer.type("one more thing");
    await agent.shows(/^\+ 2 s_\w+_2 ACTIVE/m);
    await agent.shows(/buyer Bea: one more thing$/m);
    assert.equal(await buyer.end(), 0);
    agent.type("/quit");
    assert.equal(await agent.end(), 0);
  } finally {
    agent.kill();
    buyer.kill();
  }
});

test("an agent in a terminal takes what is offered, unasked or by command", async () => {
  await kefuctl.succeed("shop", "create", "desk", "--name", "Desk");
  const config = join(kefuctl.folder, "desk.json");
  writeFileSync(config, JSON.stringify(deskConfig({ push: "PUSH_OFFER" })));
  await kefuctl.succeed(...(await hire("desk", "admin-desk", "admin")), "routing", "set", config);
  const asAgent = await hire("desk", "cleo", "agent");
  for (const [flags, commands] of [[[], []], [["--ask"], ["/accept 1"]]] as const) {
    const agent = kefuctl.open(...asAgent, "chat", "agent", ...flags);
    const buyer = kefuctl.open("chat", "buyer", "--shop", "desk", "--name", "Bea");
    try {
      await agent.shows(/signed in/);
      buyer.type("is anybody there?");
      await agent.shows(/^\+ 1 s_\w+ OFFERED fence 1 buyer Bea$/m);
      for (const command of commands) agent.type(command);
      await agent.shows(/^#1 buyer Bea: is anybody there\?$/m);
      agent.type("/hold");
      await agent.shows(/HELD$/m);
      agent.type("I am");
      await buyer.shows(/agent cleo: I am$/m);
      agent.type("/close");
      await buyer.shows(/SESSION_CLOSED solved$/m);
      assert.equal(await buyer.end(), 0);
      agent.type("/quit");
      assert.equal(await agent.end(), 0);
    } finally {
      agent.kill();
      buyer.kill();
    }
  }
});
