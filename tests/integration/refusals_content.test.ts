// GUARANTEES, "Abuse that must be refused": content. What is only dangerous when rendered is stored as it was sent;
// what no client can render is refused.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";

import { create, toBinary } from "@bufbuild/protobuf";

import { BuyerSendMessageRequestSchema } from "../gen/kefu/gateway/v1/buyer_pb.js";
import { Chat } from "../support/chat.js";
import type { JsonCall } from "../support/json_call.js";
import { requestId, text } from "../support/people.js";
import { type RefusalRow, refusals } from "../support/refusal_table.js";
import { bodyOf } from "../support/streams.js";
import { testCluster } from "../support/test_cluster.js";

const method = "AgentService/SendMessage";
const badField = { code: "invalid_argument", reason: "INVALID_FIELD" };

// What an agent says, so that no limit on buyers' messages is met.
const says = (chat: Chat, content: unknown): JsonCall => ({
  method,
  token: chat.agent.staff.token,
  body: { requestId: requestId(), session: chat.session, fence: String(chat.fence), content },
});
const saysText = (chat: Chat, body: string) => says(chat, { text: { body } });

// A binary message whose text is these bytes, of the same length as the placeholder.
const binaryText = (chat: Chat, bytes: number[]): JsonCall => {
  const placeholder = "~".repeat(bytes.length);
  const message = create(BuyerSendMessageRequestSchema, {
    requestId: requestId(),
    session: chat.session,
    content: text(placeholder),
  });
  const binary = Buffer.from(toBinary(BuyerSendMessageRequestSchema, message));
  binary.set(bytes, binary.indexOf(placeholder));
  const headers = { "Content-Type": "application/proto" };
  return { method: "BuyerService/SendMessage", token: chat.buyer.token, body: binary, headers };
};

const rawJson = (chat: Chat, body: string | Uint8Array, headers?: Record<string, string>): JsonCall => ({
  method,
  token: chat.agent.staff.token,
  body,
  headers,
});

describe("content", () => {
  const cluster = testCluster();
  let chat: Chat;
  before(async () => {
    chat = await Chat.start(cluster());
  });
  after(async () => await chat.end());

  const storedAsSent: [string, string][] = [
    ["an image with a handler", '<img src=x onerror="alert(1)">'],
    ["a script", "<script>alert(document.cookie)</script>"],
    ["a link with a script", "javascript:alert(1)"],
    ["template braces", "{{constructor.constructor('alert(1)')()}} ${7*7} <%= 7*7 %>"],
    ["letters that turn the reading direction", "invoice\u202efdp.exe"],
    ["letters without width", "pay\u200bpal\u200d.example\ufeff"],
    ["lines, tabs and a return", "one\r\ntwo\tthree\n"],
    ["letters beyond the first plane", "好的 👍🏽 𠮷"],
    ["SQL and Redis", "'; DROP TABLE x; -- \r\n*1\r\n$8\r\nFLUSHALL\r\n"],
    ["the longest text there may be", "好".repeat(2730) + "aa"],
  ];
  for (const [what, body] of storedAsSent) {
    test(`${what} arrives as it was sent`, async () => {
      const sent = await chat.agentSays(body);
      assert.equal(bodyOf(sent), body);
      const seen = await chat.buyerStream.entry((entry) => entry.seq === sent.seq);
      assert.equal(bodyOf(seen), body);
      assert.equal(bodyOf((await chat.buyerLog()).find((entry) => entry.seq === sent.seq)!), body);
    });
  }

  const card = (url: string) => ({ product: { product: "p1", title: "Cup", url } });
  const rows: RefusalRow<Chat>[] = [
    { what: "a message of 8193 bytes", call: (c) => saysText(c, "x".repeat(8193)), ...badField, field: "content.text.body" },
    { what: "a message of 8192 letters that are more bytes", call: (c) => saysText(c, "好".repeat(2731)), ...badField, field: "content.text.body" },
    { what: "an empty message", call: (c) => saysText(c, ""), ...badField, field: "content.text.body" },
    { what: "a message without content", call: (c) => says(c, {}), ...badField, field: "content" },
    { what: "a message without the field", call: (c) => says(c, undefined), ...badField, field: "content" },
    { what: "a NUL in a text", call: (c) => saysText(c, "a\u0000b"), ...badField, field: "content.text.body" },
    { what: "a NUL in binary", call: (c) => binaryText(c, [0x61, 0x00, 0x62]), ...badField, field: "content.text.body" },
    { what: "a card whose link is a script", call: (c) => says(c, card("javascript:alert(1)")), ...badField, field: "content.product.url" },
    { what: "a card whose link is data", call: (c) => says(c, card("data:text/html,<script>")), ...badField, field: "content.product.url" },
    { what: "a card whose link hides its scheme", call: (c) => says(c, card("java\tscript:alert(1)")), ...badField, field: "content.product.url" },
    { what: "a quotation of what was not said", call: (c) => says(c, { text: { body: "yes" }, quotedSeq: "9999" }), code: "not_found", reason: "NO_SUCH_ENTRY" },
    { what: "a recall of what was not said", call: (c) => says(c, { recall: { recalledSeq: "9999" } }), code: "not_found", reason: "NO_SUCH_ENTRY" },
    {
      what: "text that is not UTF-8, in binary",
      call: (c) => binaryText(c, [0xff, 0xfe, 0xc0, 0xaf]),
      code: "invalid_argument",
      reason: /^INVALID_(PROTO|UTF8|FIELD)$/,
    },
    { what: "half of a surrogate pair, in binary", call: (c) => binaryText(c, [0xed, 0xa0, 0x80]), code: "invalid_argument", reason: /^INVALID_(PROTO|UTF8|FIELD)$/ },
    {
      what: "JSON that is not UTF-8",
      call: (c) => rawJson(c, Buffer.concat([Buffer.from('{"requestId":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')])),
      code: "invalid_argument",
      reason: "INVALID_UTF8",
    },
    {
      what: "JSON nested 10,000 deep",
      call: (c) => rawJson(c, `${'{"content":'.repeat(5_000)}${"[".repeat(5000)}${"]".repeat(5000)}${"}".repeat(5_000)}`.slice(0, 65_000)),
      code: "invalid_argument",
      reason: "JSON_TOO_DEEP",
    },
    { what: "something that is not JSON", call: (c) => rawJson(c, "{'text': hello}"), code: "invalid_argument", reason: "INVALID_JSON" },
    { what: "JSON with a field of the wrong type", call: (c) => rawJson(c, '{"content":{"text":["hello"]}}'), code: "invalid_argument", reason: "INVALID_JSON" },
    { what: "a body that is no protobuf", call: (c) => rawJson(c, Buffer.alloc(64, 0xff), { "Content-Type": "application/proto" }), code: "invalid_argument", reason: "INVALID_PROTO" },
    {
      what: "a decompression bomb",
      call: (c) => rawJson(c, gzipSync(Buffer.alloc(32 << 20)), { "Content-Encoding": "gzip" }),
      code: "unimplemented",
      reason: "COMPRESSION_OFF",
    },
    { what: "an unknown encoding", call: (c) => rawJson(c, "{}", { "Content-Encoding": "br" }), code: "unimplemented", reason: "COMPRESSION_OFF" },
    { what: "a form", call: (c) => rawJson(c, "a=b", { "Content-Type": "application/x-www-form-urlencoded" }), code: "invalid_argument", reason: "UNSUPPORTED_CONTENT_TYPE", status: 415 },
    { what: "plain text", call: (c) => rawJson(c, "{}", { "Content-Type": "text/plain" }), code: "invalid_argument", reason: "UNSUPPORTED_CONTENT_TYPE", status: 415 },
    { what: "a body over 64 KiB", call: (c) => rawJson(c, `"${"x".repeat(66_000)}"`), code: "resource_exhausted", reason: /^(BODY|REQUEST)_TOO_LARGE$/, status: 413 },
    {
      what: "a display name with a NUL",
      call: ({ shop }) => ({ method: "AuthService/StartGuest", body: { shop: shop.id, displayName: "a\u0000b" } }),
      ...badField,
      field: "display_name",
    },
    {
      what: "a display name without end",
      call: ({ shop }) => ({ method: "AuthService/StartGuest", body: { shop: shop.id, displayName: "x".repeat(5000) } }),
      ...badField,
      field: "display_name",
    },
  ];
  refusals(cluster, () => chat, rows);

  test("markup in a display name is stored as it was sent", async () => {
    const displayName = "<b>Li</b> {{1+1}}";
    const guest = await chat.shop.guest(displayName);
    const clients = guest.at(cluster().gateway(0));
    const { entry } = await clients.buyer.openSession({ requestId: requestId(), content: text("hello") });
    assert.equal(entry!.sender?.displayName, displayName);
  });
});
