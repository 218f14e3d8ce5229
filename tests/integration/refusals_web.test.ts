// GUARANTEES, "Abuse that must be refused": the web. Origins, framing, forwarding headers, rates, secrets in logs.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { newShop, openSession } from "../support/chat.js";
import { clientsTo, refused } from "../support/clients.js";
import { Cluster } from "../support/cluster.js";
import { type JsonCall, jsonCall } from "../support/json_call.js";
import { type Buyer, Shop, requestId, text } from "../support/people.js";
import { assertRefused } from "../support/refusal_table.js";
import { rawRequest } from "../support/raw_http.js";

const shopPage = "https://shop.example";

describe("the web", () => {
  let cluster: Cluster;
  let shop: Shop;
  let buyer: Buyer;
  const webRoot = mkdtempSync(join(tmpdir(), "kefu-web-"));
  before(async () => {
    mkdirSync(join(webRoot, "assets"));
    writeFileSync(join(webRoot, "index.html"), "<!doctype html><title>kefu</title>");
    writeFileSync(join(webRoot, "assets", "app-1a2b3c4d.js"), "export {};");
    // No trusted proxy: forwarding headers are a stranger's word.
    cluster = await Cluster.start({ gatewayConfig: { web_root: webRoot } });
    shop = await newShop(cluster, [shopPage]);
    buyer = await shop.guest();
  });
  after(async () => {
    await cluster.stop();
    rmSync(webRoot, { recursive: true });
  });

  const url = () => cluster.gateway(0).url;
  const getState = (headers: Record<string, string>): JsonCall => ({
    method: "BuyerService/GetState",
    token: buyer.token,
    body: {},
    headers,
  });

  test("a page of a foreign origin may not call", async () => {
    for (const origin of ["https://evil.example", "https://shop.example.evil.example", "http://shop.example", "null"]) {
      const answer = await jsonCall(url(), getState({ Origin: origin }));
      assertRefused(answer, { code: "permission_denied", reason: "ORIGIN_NOT_ALLOWED" });
      assert.equal(answer.headers["access-control-allow-origin"], undefined);
    }
  });

  test("a page of the shop's origin may call, and may read the answer", async () => {
    const answer = await jsonCall(url(), getState({ Origin: shopPage }));
    assert.equal(answer.status, 200);
    assert.equal(answer.headers["access-control-allow-origin"], shopPage);
    assert.match(String(answer.headers.vary), /origin/i);
  });

  test("the gateway's own page may call", async () => {
    const answer = await jsonCall(url(), getState({ Origin: url() }));
    assert.equal(answer.status, 200);
  });

  const preflight = (origin: string): JsonCall => ({
    ...getState({
      Origin: origin,
      "Access-Control-Request-Method": "POST",
      "Access-Control-Request-Headers": "authorization,connect-protocol-version,content-type,connect-timeout-ms",
    }),
    token: undefined,
    verb: "OPTIONS",
    body: "",
  });

  test("a browser that asks first is told what the shop's pages may send", async () => {
    const answer = await jsonCall(url(), preflight(shopPage));
    assert.equal(answer.status, 204);
    assert.equal(answer.headers["access-control-allow-origin"], shopPage);
    assert.match(String(answer.headers["access-control-allow-methods"]), /POST/);
    const allowed = String(answer.headers["access-control-allow-headers"]).toLowerCase();
    for (const header of ["authorization", "content-type", "connect-protocol-version", "connect-timeout-ms"]) {
      assert.ok(allowed.includes(header), `${header} in "${allowed}"`);
    }
    assert.equal(answer.headers["access-control-allow-credentials"], undefined);
  });

  test("a browser that asks for a foreign page is not encouraged", async () => {
    const answer = await jsonCall(url(), preflight("https://evil.example"));
    assert.equal(answer.headers["access-control-allow-origin"], undefined);
    assert.equal(answer.status, 403);
  });

  test("the pages cannot be framed and run no foreign script", async () => {
    for (const path of ["/", "/assets/app-1a2b3c4d.js"]) {
      const answer = await rawRequest(cluster.gateway(0).address, { method: "GET", path });
      assert.equal(answer.status, 200);
      assert.equal(answer.headers["x-content-type-options"], "nosniff");
    }
    const page = await rawRequest(cluster.gateway(0).address, { method: "GET", path: "/" });
    const policy = page.headers["content-security-policy"] ?? "";
    for (const rule of ["default-src 'self'", "frame-ancestors 'none'", "object-src 'none'", "base-uri 'none'"]) {
      assert.ok(policy.includes(rule), policy);
    }
    assert.doesNotMatch(policy, /unsafe|\*|https?:|data:/);
  });

  test("no path leads out of the web root", async () => {
    const paths = ["/../../../etc/passwd", "/assets/../../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/assets/..%2f..%2fetc%2fpasswd", "//etc/passwd", "/assets/app-1a2b3c4d.js%00.html"];
    for (const path of paths) {
      const answer = await rawRequest(cluster.gateway(0).address, { method: "GET", path });
      assert.ok([400, 404].includes(answer.status), `${path}: ${answer.status}`);
      assert.ok(!answer.body.includes("root:"));
    }
  });

  test("only POST calls, and the answer says so", async () => {
    for (const verb of ["GET", "PUT", "DELETE"]) {
      const answer = await jsonCall(url(), { ...getState({}), verb });
      assert.equal(answer.status, 405);
      assert.match(String(answer.headers.allow), /POST/);
    }
  });

  test("a method that does not exist, or is between services only, is not found", async () => {
    const paths = ["/kefu.gateway.v1.BuyerService/Nothing", "/kefu.gateway.v1.Nothing/GetState", "/kefu.inquiries.v1.ConversationService/Append", "/kefu.events.v1.EventLogService/Read"];
    for (const path of paths) {
      const headers = { "Content-Type": "application/json", Authorization: `Bearer ${buyer.token}` };
      const answer = await rawRequest(cluster.gateway(0).address, { path, headers, body: "{}" });
      assert.equal(answer.status, 404, path);
      assert.equal((JSON.parse(answer.body.toString()) as { code: string }).code, "unimplemented");
    }
  });

  test("a forwarding header of a stranger is not believed: the limit per address holds", async () => {
    const attempt = (index: number) =>
      jsonCall(url(), {
        method: "AuthService/SignIn",
        body: { login: `target-${index}`, password: "the usual one", shop: shop.id },
        headers: { "X-Forwarded-For": `198.51.100.${index}`, Forwarded: `for=198.51.100.${index}`, "X-Real-IP": `198.51.100.${index}` },
      });
    const answers = [];
    for (let i = 0; i < 11; ++i) answers.push(await attempt(i));
    assert.equal(answers.filter((answer) => answer.status === 429).length, 1);
    assert.equal(answers.at(-1)!.status, 429);
  });

  test("a buyer's twenty-first message in ten seconds is refused, with the time to wait", async () => {
    const guest = await shop.guest();
    const { buyer: service } = guest.at(cluster.gateway(0));
    const { session } = await openSession(guest.at(cluster.gateway(0)), "hello");
    let sent = 0;
    const send = () => service.sendMessage({ requestId: requestId(), session, content: text(`${++sent}`) });
    // The opening message may count.
    for (let i = 0; i < 19; ++i) await send();
    const refusals = [];
    for (let i = 0; i < 2; ++i) refusals.push(await refused(send()).catch(() => undefined));
    const refusal = refusals.find((r) => r !== undefined);
    assert.ok(refusal, "all 22 messages were taken");
    assert.equal(refusal.reason, "RATE_LIMITED");
    assert.ok(refusal.retryDelayMs! > 0 && refusal.retryDelayMs! <= 10_000, `${refusal.retryDelayMs}`);
  });

  test("a buyer's sixth opening of a session in a minute is refused", async () => {
    const guest = await shop.guest();
    const clients = guest.at(cluster.gateway(0));
    for (let i = 0; i < 5; ++i) await openSession(clients, `hello ${i}`);
    const refusal = await refused(openSession(clients, "hello again"));
    assert.equal(refusal.reason, "RATE_LIMITED");
    assert.ok(refusal.retryDelayMs! > 0 && refusal.retryDelayMs! <= 60_000);
  });

  test("neither words nor secrets nor names are in the logs", async () => {
    const words = { message: "confidential-words-7431", name: "Confidential Name 7431", login: "confidential-login-7431", password: "confidential-password-7431" };
    const guest = await shop.guest(words.name);
    const { session } = await openSession(guest.at(cluster.gateway(0)), words.message);
    const { auth } = clientsTo(url());
    await refused(auth.signIn({ login: words.login, password: words.password, shop: shop.id }));
    const evil = { ...getState({}), body: `{"${words.message}":"${words.password}"` };
    assert.equal((await jsonCall(url(), evil)).status, 400);
    await refused(
      guest.at(cluster.gateway(0)).buyer.sendMessage({ requestId: "short", session, content: text(words.message) }),
    );
    const logs = [...cluster.gateways, ...cluster.inquiries].map((service) => service.server.log()).join("\n");
    assert.ok(logs.includes('"started"'), "there are logs");
    for (const secret of [...Object.values(words), guest.token, cluster.operatorKey]) {
      assert.ok(!logs.includes(secret), `"${secret}" is in the logs`);
    }
  });
});
