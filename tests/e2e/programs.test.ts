// Programs as agents: the sample in program/ at work among people, over gRPC with an API key of its own; what its key
// grants and what not; copilots.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import { Code } from "@connectrpc/connect";

import { ListSessionsRequest_Scope } from "../gen/kefu/gateway/v1/agent_pb.js";
import { Presence, type Session, Session_State } from "../gen/kefu/gateway/v1/session_pb.js";
import { Shipment_Status } from "../gen/kefu/logistics/v1/service_pb.js";
import { Role, Scope } from "../gen/kefu/options_pb.js";
import { AgentAtWork, Chat, agentAtWork, newShop, openSession } from "../support/chat.js";
import { type Clients, refusalOf, refused } from "../support/clients.js";
import { oneOfEach, oneProcess } from "../support/cluster.js";
import { GrpcCode, GrpcProgram, detailsOf, refusal } from "../support/grpc.js";
import { ManagedProcess } from "../support/managed_process.js";
import { type Buyer, type Person, type ProgramAgent, type Shop, requestId, text } from "../support/people.js";
import { type BuyerStream, bodyOf, buyerStream, chainFault, followStream } from "../support/streams.js";
import { testCluster } from "../support/test_cluster.js";
import { Trade } from "../support/trade.js";
import { eventually } from "../support/wait.js";

const sample = fileURLToPath(new URL("program/program.js", import.meta.url));
const firstLine = [Scope.SESSIONS, Scope.ORDERS_READ];

describe("programs as agents", () => {
  const cluster = testCluster({
    replicas: oneOfEach,
    gatewayConfig: { grpc: { listen: "127.0.0.1:0" }, lease_ms: 2000, orphan_grace_ms: 1000 },
  });
  const folder = mkdtempSync(join(tmpdir(), "kefu-program-"));
  const running: ManagedProcess[] = [];
  const connections: GrpcProgram[] = [];
  after(async () => {
    for (const each of running) await each.kill();
    for (const each of connections) each.close();
    rmSync(folder, { recursive: true, force: true });
  });

  // The sample program, as the operating system sees it.
  function run(program: ProgramAgent): ManagedProcess {
    const name = `program${running.length}`;
    const keyFile = join(folder, `${name}.key`);
    writeFileSync(keyFile, program.token, { mode: 0o600 });
    const gateways = oneProcess ? [0] : [0, 1];
    const target = `ipv4:${gateways.map((index) => cluster().gateway(index).port("grpc")).join(",")}`;
    const environment = { KEFU_GRPC: target, KEFU_API_KEY_FILE: keyFile };
    const log = join(folder, `${name}.log`);
    const started = new ManagedProcess({ name, file: process.execPath, args: [sample], log, environment });
    running.push(started);
    return started;
  }

  function overGrpc(who: Person): GrpcProgram {
    const connection = new GrpcProgram(cluster().gateway(0).port("grpc"), { token: who.token });
    connections.push(connection);
    return connection;
  }

  interface Asking {
    buyer: Buyer;
    clients: Clients;
    stream: BuyerStream;
  }
  async function asking(shop: Shop, gateway = 0): Promise<Asking> {
    const buyer = await shop.guest("Guest");
    const clients = buyer.at(cluster().gateway(gateway));
    const stream = buyerStream(clients);
    await stream.next("hello");
    return { buyer, clients, stream };
  }

  async function eyesOf(shop: Shop): Promise<Clients["agent"]> {
    return (await shop.staff({ role: Role.SUPERVISOR })).at(cluster().gateway(1)).agent;
  }
  const heldBy = async (eyes: Clients["agent"], session: string, agent: string): Promise<Session> =>
    await eventually(`${agent} to hold ${session}`, async () => {
      const found = await eyes.getSession({ session });
      return found.agent === agent && found.state === Session_State.ACTIVE && found;
    });

  test("it answers what the services know, and hands over what they do not, with a summary", async () => {
    const shop = await newShop(cluster());
    const trade = await Trade.start(cluster(), shop);
    const robot = await shop.programAgent(firstLine);
    run(robot);
    const eyes = await eyesOf(shop);
    await eventually("the program to be online", async () =>
      (await eyes.listAgentStates({})).agents.some((a) => a.agent === robot.agent && a.presence === Presence.ONLINE),
    );
    const { buyer, clients, stream } = await asking(shop);
    await trade.order(buyer.buyer, { number: "D1001" });
    const { order, trackingNumber } = await trade.shipped(buyer.buyer);
    await trade.shipmentOf(order);
    await trade.track(trackingNumber, Shipment_Status.OUT_FOR_DELIVERY);
    await trade.shipmentOf(order, (shipment) => shipment.status === Shipment_Status.OUT_FOR_DELIVERY);

    const { session } = await openSession(clients, "What is with my order D1001?");
    await stream.said("Order D1001 is paid and unfulfilled.");
    const arrived = (await heldBy(eyes, session, robot.agent)).enqueueTime!;
    await clients.buyer.sendMessage({ requestId: requestId(), session, content: text("And where is my parcel?") });
    await stream.said(`Your parcel ${trackingNumber} (shunfeng) is out for delivery.`);

    const ann = await agentAtWork(cluster(), shop, { displayName: "Ann" });
    const question = "Can you knit me a sweater?";
    await clients.buyer.sendMessage({ requestId: requestId(), session, content: text(question) });
    await stream.said("I do not know that. A colleague will be with you in a moment.");
    const fence = await ann.holds(session);
    assert.deepEqual((await eyes.getSession({ session })).enqueueTime, arrived);
    const summary = await ann.stream.entry((entry) => entry.content?.kind.case === "note");
    for (const part of [question, "buyer: What is with my order D1001?", `agent: Your parcel ${trackingNumber}`]) {
      assert.ok(bodyOf(summary)!.includes(part), `${bodyOf(summary)} does not include ${part}`);
    }
    await ann.stream.said("And where is my parcel?");
    assert.equal(chainFault(ann.stream.entries()), undefined);
    await ann.say(session, fence, "I can, by Friday.");
    await stream.said("I can, by Friday.");
    assert.ok(!stream.entries().some((entry) => entry.content?.kind.case === "note"));
    assert.equal(chainFault(stream.entries()), undefined);
    await Promise.all([stream.close(), ann.stream.close()]);
  });

  test("it does not tell a buyer of somebody else's order", async () => {
    const shop = await newShop(cluster());
    const trade = await Trade.start(cluster(), shop);
    run(await shop.programAgent(firstLine));
    const stranger = await asking(shop);
    await trade.order((await shop.guest()).buyer, { number: "D1002" });
    await openSession(stranger.clients, "What is with order D1002?");
    await stranger.stream.said("I do not know that. A colleague will be with you in a moment.");
    await stranger.stream.close();
  });

  test("killed in mid-session, it loses its sessions to people at their original age", async () => {
    const shop = await newShop(cluster());
    const robot = await shop.programAgent(firstLine, { capacity: 40 });
    const program = run(robot);
    const eyes = await eyesOf(shop);
    const trade = await Trade.start(cluster(), shop);
    const held: (Asking & { session: string; before: Session })[] = [];
    for (const number of ["D2001", "D2002"]) {
      const who = await asking(shop, held.length % 2);
      await trade.order(who.buyer.buyer, { number });
      const { session } = await openSession(who.clients, `What is with ${number}?`);
      await who.stream.said(`Order ${number} is paid and unfulfilled.`);
      held.push({ ...who, session, before: await heldBy(eyes, session, robot.agent) });
    }
    // The program is full: this one, the youngest, waits.
    const third = await asking(shop);
    const waiting = await openSession(third.clients, "Anybody there?");
    await program.kill();
    const inQueue = async () => (await eyes.listSessions({ scope: ListSessionsRequest_Scope.WAITING })).sessions;
    await eventually("all three to wait", async () => (await inQueue()).length === 3);

    const ann = await agentAtWork(cluster(), shop, { capacity: 20 });
    for (const { clients, session, before, stream } of held) {
      const fence = await ann.holds(session, before.fence);
      const now = await eyes.getSession({ session });
      assert.deepEqual([now.agent, now.enqueueTime], [ann.id, before.enqueueTime]);
      await clients.buyer.sendMessage({ requestId: requestId(), session, content: text("Still there?") });
      await ann.say(session, fence, `Yes, I am. ${session}`);
      const last = await stream.said(`Yes, I am. ${session}`);
      const { conversation } = now;
      const entries = (await ann.clients.agent.listMessages({ conversation, pageSize: 500 })).entries;
      assert.equal(chainFault(entries), undefined);
      assert.match(bodyOf(entries[0]!)!, /^What is with D200\d\?$/);
      assert.ok(entries.some((entry) => /^Order D200\d is paid/.test(bodyOf(entry) ?? "")));
      await ann.closeSession(session, fence, last.seq);
    }
    await ann.holds(waiting.session);
    await Promise.all([...held, third].map(({ stream }) => stream.close()));
    await ann.stream.close();
  });

  test("one that dies and comes back within its lease goes on, and answers nothing twice", async () => {
    const shop = await newShop(cluster());
    const trade = await Trade.start(cluster(), shop);
    const robot = await shop.programAgent(firstLine);
    const program = run(robot);
    const eyes = await eyesOf(shop);
    const { buyer, clients, stream } = await asking(shop);
    await trade.order(buyer.buyer, { number: "D1003" });
    await trade.order(buyer.buyer, { number: "D1004" });
    const { session } = await openSession(clients, "What is with D1003?");
    await stream.said("Order D1003 is paid and unfulfilled.");
    const { fence } = await heldBy(eyes, session, robot.agent);
    await program.kill();
    await clients.buyer.sendMessage({ requestId: requestId(), session, content: text("And D1004?") });
    run(robot);
    await stream.said("Order D1004 is paid and unfulfilled.");
    const log = (await clients.buyer.listMessages({ pageSize: 500 })).entries.map(bodyOf);
    assert.equal(log.filter((body) => body === "Order D1003 is paid and unfulfilled.").length, 1, String(log));
    const now = await eyes.getSession({ session });
    assert.equal(now.agent, robot.agent);
    assert.ok(now.fence >= fence);
    await stream.close();
  });

  test("when its gateway dies, it goes on at the other one", { skip: oneProcess }, async () => {
    const shop = await newShop(cluster());
    const trade = await Trade.start(cluster(), shop);
    run(await shop.programAgent(firstLine));
    const { buyer, clients, stream } = await asking(shop, 1);
    await trade.order(buyer.buyer, { number: "D1005" });
    await trade.order(buyer.buyer, { number: "D1006" });
    const { session } = await openSession(clients, "What is with D1005?");
    await stream.said("Order D1005 is paid and unfulfilled.");
    await cluster().gateway(0).kill();
    await clients.buyer.sendMessage({ requestId: requestId(), session, content: text("And D1006?") });
    await stream.said("Order D1006 is paid and unfulfilled.", 30_000);
    await cluster().gateway(0).start();
    await stream.close();
  });

  test("one that lets a buyer wait too long loses the session and gets no others until it says so", async () => {
    const shop = await newShop(cluster());
    const robot = await shop.programAgent(firstLine, { answerLimitMs: 1000 });
    const stalled = await AgentAtWork.connect(robot, robot.at(cluster().gateway(0)));
    const ann = await agentAtWork(cluster(), shop, { presence: Presence.BREAK });
    const eyes = await eyesOf(shop);
    const { clients, stream } = await asking(shop, 1);
    const { session } = await openSession(clients, "hello?");
    const before = await heldBy(eyes, session, robot.agent);
    await ann.be(Presence.ONLINE);
    // What the buyer does not see is no answer.
    await stalled.note(session, before.fence, "thinking");
    await ann.holds(session, before.fence);
    assert.deepEqual((await eyes.getSession({ session })).enqueueTime, before.enqueueTime);
    await stalled.lost(session);
    const paused = await stalled.stream.next("agent", ({ presence }) => presence === Presence.BREAK);
    assert.equal(paused.agent, robot.agent);
    // Who answers in time keeps the session.
    await ann.be(Presence.BREAK);
    await stalled.be(Presence.ONLINE);
    const other = await asking(shop);
    const opened = await openSession(other.clients, "hello?");
    const fence = await stalled.holds(opened.session);
    await stalled.say(opened.session, fence, "Hello.");
    const end = Date.now() + 1500;
    await eventually("more than the limit to pass", () => Date.now() > end);
    assert.equal((await eyes.getSession({ session: opened.session })).agent, robot.agent);
    await Promise.all([stream, other.stream, ann.stream, stalled.stream].map((each) => each.close()));
  });

  test("a key grants what its scopes say, on both doors, and nothing else", async () => {
    const shop = await newShop(cluster());
    const robot = await shop.programAgent([Scope.SESSIONS]);
    const grpc = overGrpc(robot);
    const { message } = await grpc.call("auth", "WhoAmI");
    assert.deepEqual([message.role, message.shop, message.subject], ["ROLE_AGENT", shop.id, robot.agent]);
    const missing = await refusal(grpc.call("orders", "ListOrders"));
    assert.deepEqual([missing.code, missing.reason], [GrpcCode.PERMISSION_DENIED, "SCOPE_MISSING"]);
    assert.equal(missing.metadata.scope, "SCOPE_ORDERS_READ");
    const connect = robot.at(cluster().gateway(1));
    for (const [call, scope] of [
      [() => connect.orders.listOrders({}), "SCOPE_ORDERS_READ"],
      [() => connect.shipments.listShipments({}), "SCOPE_ORDERS_READ"],
      [() => connect.cases.openCase({ requestId: requestId() }), "SCOPE_CASES_WRITE"],
      [() => connect.cases.approveCase({ requestId: requestId() }), "SCOPE_CASES_DECIDE"],
      [() => connect.copilot.suggest({ requestId: requestId() }), "SCOPE_SUGGEST"],
    ] as const) {
      const said = await refused(call());
      assert.deepEqual([said.code, said.reason, said.metadata.scope], [Code.PermissionDenied, "SCOPE_MISSING", scope]);
    }
    const unmasking = connect.orders.unmaskContact({ requestId: requestId(), order: "o_x" });
    assert.equal((await refused(unmasking)).reason, "NOT_FOR_PROGRAMS");
    const reader = await shop.programAgent([Scope.ORDERS_READ]);
    const ended = await overGrpc(reader).subscribe("agent", "Subscribe").ended;
    assert.deepEqual([ended.code, detailsOf(ended).reason], [GrpcCode.PERMISSION_DENIED, "SCOPE_MISSING"]);
    assert.deepEqual((await reader.at(cluster().gateway(0)).orders.listOrders({})).orders, []);
    // A key without an agent is what it always was.
    assert.equal((await (await shop.program()).at(cluster().gateway(0)).auth.whoAmI({})).role, Role.INTEGRATOR);
  });

  test("a revoked key ends its stream, and a disabled program gives its sessions back", async () => {
    const shop = await newShop(cluster());
    const robot = await shop.programAgent([Scope.SESSIONS]);
    const admin = robot.admin.at(cluster().gateway(1)).admin;
    const revoked = await AgentAtWork.connect(robot, robot.at(cluster().gateway(0)));
    await admin.revokeApiKey({ requestId: requestId(), keyId: robot.keyId });
    assert.equal(refusalOf(await revoked.stream.end()).reason, "TOKEN_REVOKED");
    assert.equal((await refused(robot.at(cluster().gateway(1)).auth.whoAmI({}))).reason, "TOKEN_REVOKED");

    const other = await shop.programAgent([Scope.SESSIONS]);
    const disabled = await AgentAtWork.connect(other, other.at(cluster().gateway(0)));
    const { clients, stream } = await asking(shop);
    const { session } = await openSession(clients, "hello");
    const fence = await disabled.holds(session);
    const agent = { agent: other.agent, displayName: "Robot", role: Role.AGENT, capacity: 100, disabled: true };
    await admin.updateAgent({ requestId: requestId(), agent });
    const ann = await agentAtWork(cluster(), shop);
    await ann.holds(session, fence);
    assert.equal(refusalOf(await disabled.stream.end()).reason, "TOKEN_REVOKED");
    await Promise.all([stream.close(), ann.stream.close()]);
  });

  describe("a copilot", () => {
    const secret = "Zwetschgendatschi";

    test("follows an agent's conversations, and what it suggests reaches the agent and nobody else", async () => {
      const chat = await Chat.start(cluster());
      const copilot = await chat.shop.programAgent([Scope.SUGGEST], { displayName: "Copilot" });
      const clients = copilot.at(cluster().gateway(0));
      const following = followStream(clients, chat.agent.id);
      const { sessions } = await following.next("snapshot");
      assert.deepEqual(sessions.map((s) => s.session), [chat.session]);
      const asked = await chat.buyerSays("Which cake do you recommend?");
      await following.said("Which cake do you recommend?");
      const conversation = chat.conversation;
      assert.ok((await clients.agent.listMessages({ conversation })).entries.some((entry) => entry.seq === asked.seq));

      const suggestion = { requestId: requestId(), session: chat.session, fence: chat.fence, answeredSeq: asked.seq };
      const { agent } = await clients.copilot.suggest({ ...suggestion, text: `Take the ${secret}.` });
      assert.equal(agent, chat.agent.id);
      const shown = await chat.agent.stream.next("suggestion");
      assert.deepEqual(
        [shown.suggestion, shown.session, shown.answeredSeq, shown.text, shown.agent, shown.agentDisplayName],
        [suggestion.requestId, chat.session, asked.seq, `Take the ${secret}.`, copilot.agent, "Copilot"],
      );

      // What is said after it has arrived everywhere; the suggestion has not.
      const last = await chat.agentSays("The plum cake.");
      await chat.buyerStream.said("The plum cake.");
      await following.said("The plum cake.");
      const supervisor = (await chat.shop.staff({ role: Role.SUPERVISOR })).at(cluster().gateway(1));
      await eventually("records to know what was said", async () => {
        return (await supervisor.records.searchTranscripts({ query: "plum" })).hits.length === 1;
      });
      assert.equal((await supervisor.records.searchTranscripts({ query: secret })).hits.length, 0);
      const everything = JSON.stringify(
        [chat.buyerStream.frames, following.frames, await chat.buyerLog(), await chat.agentLog()],
        (_, value: unknown) => (typeof value === "bigint" ? String(value) : value),
      );
      assert.ok(everything.includes("The plum cake.") && !everything.includes(secret));
      assert.equal(chainFault(chat.buyerStream.entries()), undefined);
      assert.equal((await chat.agentLog()).at(-1)!.seq, last.seq);
      await following.close();
      await chat.end();
    });

    test("suggests to whoever owns the session at that moment", async () => {
      const chat = await Chat.start(cluster());
      const copilot = await chat.shop.programAgent([Scope.SUGGEST]);
      const { copilot: to } = copilot.at(cluster().gateway(0));
      const suggest = (more: object = {}) => to.suggest({ requestId: requestId(), session: chat.session, text: "Hm.", ...more });
      const ben = await agentAtWork(cluster(), chat.shop, { gateway: 0 });
      const { session, fence } = chat;
      await chat.agent.clients.agent.transferSession({ requestId: requestId(), session, fence, toAgent: ben.id });
      const newFence = await ben.holds(session);
      const stale = await refused(suggest({ fence }));
      assert.deepEqual([stale.code, stale.reason, stale.metadata.fence], [Code.Aborted, "STALE_FENCE", String(newFence)]);
      assert.equal((await suggest({ fence: newFence })).agent, ben.id);
      await ben.stream.next("suggestion");
      assert.equal(chat.agent.stream.all("suggestion").length, 0);
      await ben.be(Presence.OFFLINE);
      await chat.agent.holds(session, newFence);
      await chat.agent.be(Presence.OFFLINE);
      await eventually("nobody to own it", async () => (await chat.agent.clients.agent.getSession({ session })).agent === "");
      const unowned = await refused(suggest());
      assert.deepEqual([unowned.code, unowned.reason], [Code.FailedPrecondition, "SESSION_WITHOUT_OWNER"]);
      const listening = copilot.at(cluster().gateway(0)).agent.listMessages({ conversation: chat.conversation });
      assert.equal((await refused(listening)).reason, "NO_SUCH_CONVERSATION");
      await ben.stream.close();
      await chat.end();
    });

    test("is bounded, and for programs of the shop and supervisors only", async () => {
      const chat = await Chat.start(cluster());
      const copilot = await chat.shop.programAgent([Scope.SUGGEST]);
      const as = (who: Person) => who.at(cluster().gateway(0)).copilot;
      const suggesting = (who: Person, body: string) =>
        as(who).suggest({ requestId: requestId(), session: chat.session, text: body });
      for (const body of ["", "x".repeat(4001), "a\0b"]) {
        assert.deepEqual((await refused(suggesting(copilot, body))).fields, ["text"]);
      }
      for (let n = 0; n < 10; ++n) await suggesting(copilot, "Hm.");
      const eleventh = await refused(suggesting(copilot, "Hm."));
      assert.deepEqual([eleventh.code, eleventh.reason], [Code.ResourceExhausted, "RATE_LIMITED"]);
      assert.ok(eleventh.retryDelayMs! > 0);
      const colleague = await chat.shop.staff();
      assert.equal((await refused(suggesting(colleague, "Hm."))).reason, "ROLE_NOT_ALLOWED");
      const foreign = await (await newShop(cluster())).programAgent([Scope.SUGGEST]);
      assert.equal((await refused(suggesting(foreign, "Hm."))).reason, "NO_SUCH_SESSION");
      const notHere = followStream(foreign.at(cluster().gateway(0)), chat.agent.id);
      assert.equal(refusalOf(await notHere.end()).reason, "NO_SUCH_AGENT");
      const chief = await chat.shop.staff({ role: Role.SUPERVISOR, displayName: "Chief" });
      await suggesting(chief, "Be kind.");
      await chat.agent.stream.next("suggestion", ({ agentDisplayName }) => agentDisplayName === "Chief");
      await chat.end();
    });
  });
});
