// Debian's nginx with the configuration that is shipped, in front of two gateways: unmodified clients over TLS and
// HTTP/2.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { type Interceptor, type Transport } from "@connectrpc/connect";
import { createConnectTransport as nodeTransport } from "@connectrpc/connect-node";
import { createConnectTransport as webTransport } from "@connectrpc/connect-web";
import { credentials } from "@grpc/grpc-js";

import { Chat } from "../support/chat.js";
import { type Clients, clientsOver, refusalOf } from "../support/clients.js";
import { GrpcCode, GrpcProgram, refusal } from "../support/grpc.js";
import { Http2Fetch } from "../support/http2_fetch.js";
import type { Person } from "../support/people.js";
import { Proxy } from "../support/proxy.js";
import { buyerStream } from "../support/streams.js";
import { testCluster } from "../support/test_cluster.js";
import { eventually } from "../support/wait.js";

describe("nginx in front of the gateways", () => {
  const cluster = testCluster({ gatewayConfig: { grpc: { listen: "127.0.0.1:0" } } });
  const programs: GrpcProgram[] = [];
  let proxy: Proxy;
  let chat: Chat;
  let browser: Http2Fetch;

  const bearer =
    (who: Person): Interceptor =>
    (next) =>
    (request) => {
      request.header.set("Authorization", `Bearer ${who.token}`);
      return next(request);
    };
  const ways: Record<string, (who: Person) => Transport> = {
    "connect-node": (who) =>
      nodeTransport({
        baseUrl: proxy.url,
        httpVersion: "2",
        nodeOptions: { ca: proxy.certificate },
        interceptors: [bearer(who)],
      }),
    "connect-web": (who) => webTransport({ baseUrl: proxy.url, fetch: browser.fetch, interceptors: [bearer(who)] }),
  };
  const clients = (way: string, who: Person): Clients => clientsOver(ways[way]!(who));
  function program(who: Person): GrpcProgram {
    const made = new GrpcProgram(`localhost:${proxy.port}`, {
      token: who.token,
      credentials: credentials.createSsl(proxy.certificate),
    });
    programs.push(made);
    return made;
  }

  before(async () => {
    chat = await Chat.start(cluster());
    proxy = await Proxy.start(cluster().gateways);
    browser = new Http2Fetch(proxy.url, proxy.certificate);
  });
  after(async () => {
    browser.close();
    for (const made of programs) made.close();
    await chat.end();
    await proxy.stop();
  });

  for (const way of Object.keys(ways)) {
    test(`${way}: calls are answered and refusals keep their details`, async () => {
      const me = await clients(way, chat.buyer).auth.whoAmI({});
      assert.equal(me.subject, chat.buyer.buyer);
      const refused = await clients(way, chat.buyer)
        .agent.listAgentStates({})
        .then(() => undefined, refusalOf);
      assert.equal(refused?.reason, "ROLE_NOT_ALLOWED");
      assert.deepEqual(refused.metadata, { role: "ROLE_BUYER" });
    });

    test(`${way}: a stream shows every frame at once and stays open over a reload`, async () => {
      const stream = buyerStream(clients(way, chat.buyer));
      await stream.next("hello");
      await chat.agentSays(`before the reload, ${way}`);
      await stream.said(`before the reload, ${way}`);
      await proxy.reload();
      await chat.agentSays(`after the reload, ${way}`);
      await stream.said(`after the reload, ${way}`);
      await stream.close();
    });
  }

  test("browsers get HTTP/2", async () => {
    await clients("connect-web", chat.buyer).auth.whoAmI({});
    assert.equal(browser.protocol, "h2");
  });

  test("grpc-js: calls are answered and refusals keep their details", async () => {
    const { message } = await program(chat.buyer).call("auth", "WhoAmI");
    assert.equal(message.subject, chat.buyer.buyer);
    const refused = await refusal(program(chat.buyer).call("agent", "ListAgentStates"));
    assert.deepEqual([refused.code, refused.reason], [GrpcCode.PERMISSION_DENIED, "ROLE_NOT_ALLOWED"]);
    assert.deepEqual(refused.metadata, { role: "ROLE_BUYER" });
  });

  test("grpc-js: a stream shows every frame at once and stays open over a reload", async () => {
    const stream = program(chat.buyer).subscribe("buyer", "Subscribe");
    await stream.next("hello");
    await proxy.reload();
    await chat.agentSays("over gRPC");
    await stream.next("entry", (entry) => entry.content?.text?.body === "over gRPC");
    stream.cancel();
    assert.equal((await stream.ended).code, GrpcCode.CANCELLED);
  });

  test("health is that of a gateway", async () => assert.equal(await program(chat.buyer).health(), "SERVING"));

  test("a body over 1 MiB goes no further", async () => {
    const answer = await browser.fetch(`${proxy.url}/kefu.orders.v1.OrderService/UpsertOrders`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: "x".repeat((1 << 20) + 1),
    });
    assert.equal(answer.status, 413);
  });

  test("while one gateway is away, calls of all kinds are answered by the other", async () => {
    await cluster().gateway(0).stop();
    try {
      for (let call = 0; call < 10; ++call) {
        for (const way of Object.keys(ways)) await clients(way, chat.buyer).auth.whoAmI({});
        await program(chat.buyer).call("auth", "WhoAmI");
      }
    } finally {
      await cluster().gateway(0).start();
    }
  });

  test("the access log tells methods, and nothing of tokens and of the names of webhooks", async () => {
    const { status } = await browser.fetch(`${proxy.url}/webhooks/demo/w_nobodymayguess`, { method: "POST", body: "{}" });
    assert.equal(status, 404);
    await eventually("the push to be logged", () =>
      proxy.accessLog().includes('"POST /webhooks/demo/... HTTP/2.0" 404'),
    );
    const log = proxy.accessLog();
    assert.ok(!log.includes("nobodymayguess"));
    assert.match(log, /"POST \/kefu\.gateway\.v1\.AuthService\/WhoAmI HTTP\/2\.0" 200/);
    assert.ok(!log.includes(chat.buyer.token));
  });
});
