// The gRPC front door, called by an unmodified @grpc/grpc-js that knows the .proto files and nothing else.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { Chat } from "../support/chat.js";
import { oneProcess } from "../support/cluster.js";
import { GrpcCode, type GrpcOptions, GrpcProgram, detailsOf, refusal } from "../support/grpc.js";
import { type Person, requestId } from "../support/people.js";
import { testCluster } from "../support/test_cluster.js";
import { eventually, within } from "../support/wait.js";

const listening = { grpc: { listen: "127.0.0.1:0" } };

describe("the gRPC front", () => {
  const cluster = testCluster({ gatewayConfig: listening });
  const programs: GrpcProgram[] = [];
  let chat: Chat;
  let integrator: Person;

  function program(options: GrpcOptions = {}, gateway = 0): GrpcProgram {
    const made = new GrpcProgram(cluster().gateway(gateway).port("grpc"), options);
    programs.push(made);
    return made;
  }
  const as = (who: Person, gateway = 0) => program({ token: who.token }, gateway);

  before(async () => {
    chat = await Chat.start(cluster());
    integrator = await chat.shop.program();
  });
  after(async () => {
    for (const made of programs) made.close();
    await chat.end();
  });

  test("a call is answered by either gateway, with the trace id that stands in the logs", async () => {
    for (const gateway of [0, 1]) {
      const { message, head } = await as(chat.buyer, gateway).call("auth", "WhoAmI");
      assert.deepEqual([message.role, message.shop, message.subject], ["ROLE_BUYER", chat.shop.id, chat.buyer.buyer]);
      assert.match(String(head.get("x-request-id")[0]), /^[0-9a-f]{32}$/);
    }
  });

  test("the caller's trace is taken up", async () => {
    const traceparent = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01";
    const traced = program({ token: chat.buyer.token, headers: { traceparent } });
    const { head } = await traced.call("auth", "WhoAmI");
    assert.deepEqual(head.get("x-request-id"), ["0123456789abcdef0123456789abcdef"]);
  });

  test("a program of the shop opens a session with its API key, and once only for a request id", async () => {
    const request = {
      requestId: requestId(),
      externalId: "customer-7",
      content: { text: { body: "Is it still available?" } },
    };
    const first = await as(integrator).call("integrator", "OpenSession", request);
    assert.match(first.message.session as string, /^s_/);
    const again = await as(integrator, 1).call("integrator", "OpenSession", request);
    assert.deepEqual(again.message, first.message);
  });

  test("refusals carry code, reason, metadata and a sentence", async () => {
    const missing = await refusal(program().call("auth", "WhoAmI"));
    assert.deepEqual([missing.code, missing.reason], [GrpcCode.UNAUTHENTICATED, "TOKEN_MISSING"]);
    const invalid = await refusal(program({ token: "nonsense" }).call("auth", "WhoAmI"));
    assert.deepEqual([invalid.code, invalid.reason], [GrpcCode.UNAUTHENTICATED, "TOKEN_INVALID"]);
    const role = await refusal(as(integrator).call("agent", "ListAgentStates"));
    assert.deepEqual([role.code, role.reason], [GrpcCode.PERMISSION_DENIED, "ROLE_NOT_ALLOWED"]);
    assert.equal(role.metadata.role, "ROLE_INTEGRATOR");
    assert.match(role.message, /ROLE_AGENT/);
    const field = await refusal(as(integrator).call("integrator", "OpenSession", { requestId: "x" }));
    assert.deepEqual([field.code, field.reason], [GrpcCode.INVALID_ARGUMENT, "INVALID_FIELD"]);
  });

  test("methods between services are not there", async () => {
    const pushed = await refusal(as(integrator).call("push", "ReceivePush", { shop: chat.shop.id }));
    assert.deepEqual([pushed.code, pushed.reason], [GrpcCode.UNIMPLEMENTED, "METHOD_UNKNOWN"]);
  });

  test("a service that this installation does not run is unavailable, with a time to retry", { skip: oneProcess }, async () => {
    const get = await refusal(as(integrator).call("orders", "GetOrder", { order: "o_1" }));
    assert.deepEqual([get.code, get.reason], [GrpcCode.UNAVAILABLE, "SERVICE_NOT_CONFIGURED"]);
    assert.ok(get.retryAfterMs > 0);
  });

  test("a stream begins with what is there and goes on live, and a client that leaves is noticed", async () => {
    const stream = as(chat.buyer).subscribe("buyer", "Subscribe");
    await stream.next("hello");
    await chat.agentSays("over gRPC, too");
    await stream.next("entry", (entry) => entry.content?.text?.body === "over gRPC, too");
    const before = await cluster().gateway(0).metric("kefu_edge_grpc_calls");
    stream.cancel();
    assert.equal((await stream.ended).code, GrpcCode.CANCELLED);
    await eventually("the gateway to let go of the stream", async () => {
      return (await cluster().gateway(0).metric("kefu_edge_grpc_calls")) < before;
    });
  });

  test("a stream that is refused ends with the reason", async () => {
    const ended = await as(integrator).subscribe("buyer", "Subscribe").ended;
    assert.deepEqual([ended.code, detailsOf(ended).reason], [GrpcCode.PERMISSION_DENIED, "ROLE_NOT_ALLOWED"]);
  });

  test("the caller's deadline ends a call that hangs", { skip: oneProcess }, async () => {
    const caller = as(chat.buyer);
    await caller.call("buyer", "GetState");
    cluster().inquiries[0]!.pause();
    try {
      const late = await refusal(caller.call("buyer", "GetState", {}, { deadline: Date.now() + 300 }));
      assert.equal(late.code, GrpcCode.DEADLINE_EXCEEDED);
    } finally {
      cluster().inquiries[0]!.resume();
    }
  });

  test("a message that is too large is refused, and the connection goes on", async () => {
    const caller = as(chat.buyer);
    const saying = (size: number) =>
      caller.call("buyer", "SendMessage", { requestId: requestId(), content: { text: { body: "x".repeat(size) } } });
    const large = await refusal(saying(70_000));
    assert.deepEqual([large.code, large.reason], [GrpcCode.RESOURCE_EXHAUSTED, "BODY_TOO_LARGE"]);
    assert.equal((await refusal(saying(10_000_000))).code, GrpcCode.RESOURCE_EXHAUSTED);
    await caller.call("auth", "WhoAmI");
  });

  test("200 calls at once on one connection all get their own answers", async () => {
    const caller = as(integrator);
    const answers = await Promise.all(
      [...Array(200).keys()].map(async (n) => {
        const content = { text: { body: `question ${n}` } };
        const request = { requestId: requestId(), externalId: `parallel-${n}`, content };
        const { message } = await caller.call("integrator", "OpenSession", request);
        return message.conversation as string;
      }),
    );
    assert.equal(new Set(answers).size, 200);
  });

  test("health is told to whoever asks", async () => {
    assert.equal(await program().health(), "SERVING");
  });

  test("reflection is off", async () => {
    const asked = await refusal(program().converse("reflection", "ServerReflectionInfo", [{ listServices: "*" }]));
    assert.equal(asked.code, GrpcCode.UNIMPLEMENTED);
  });

  test("a gateway that stops lets streams say goodbye", { skip: oneProcess }, async () => {
    const stream = as(chat.buyer, 1).subscribe("buyer", "Subscribe");
    await stream.next("hello");
    const stopping = cluster().gateway(1).stop();
    const goodbye = await stream.next("goodbye");
    assert.ok(goodbye.reconnectAfterMs >= 0);
    assert.equal((await within("the stream to end", stream.ended)).code, GrpcCode.OK);
    await stopping;
    await cluster().gateway(1).start();
  });
});

describe("the gRPC front with reflection", () => {
  const cluster = testCluster({ gateways: 1, gatewayConfig: { grpc: { ...listening.grpc, reflection: true } } });

  test("shows the public services and the files behind them", async () => {
    const program = new GrpcProgram(cluster().gateway(0).port("grpc"));
    const [services, file, nothing] = await program.converse("reflection", "ServerReflectionInfo", [
      { listServices: "*" },
      { fileContainingSymbol: "kefu.orders.v1.OrderService" },
      { fileByFilename: "nothing.proto" },
    ]);
    const names = (services!.listServicesResponse.service as { name: string }[]).map(({ name }) => name);
    assert.ok(names.includes("kefu.gateway.v1.BuyerService") && names.includes("kefu.orders.v1.OrderService"), String(names));
    assert.ok(!names.includes("kefu.logistics.v1.PushService"));
    assert.ok(file!.fileDescriptorResponse.fileDescriptorProto.length > 1);
    assert.equal(nothing!.errorResponse.errorCode, GrpcCode.NOT_FOUND);
    program.close();
  });
});
