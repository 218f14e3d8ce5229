import assert from "node:assert/strict";
import { test } from "node:test";
import { Category } from "../../gen/kefu/common/v1/entry_pb.js";
import type { Outgoing } from "../../shared/outbox.js";
import { contentOf, kept, openingOf, restored, type Draft } from "./drafts.js";

const page = { url: "https://shop.example/p", product: "p-mug", order: "D1", parcel: "" };
const words: Draft = { body: "<b>你好</b>", category: Category.ORDER, page, language: "zh-CN" };
const card: Draft = {
  ...words,
  body: "",
  card: { product: "p-mug", title: "Mug", url: "https://shop.example/p", price: { currency: "CNY", minorUnits: 3900 } },
};

function out(requestId: string, payload: Draft, state: Outgoing<Draft>["state"]): Outgoing<Draft> {
  return { requestId, payload, state };
}

test("a reload finds what has not reached the log, under the old request ids, and nothing else", () => {
  const left = JSON.stringify(kept([out("1", words, "acknowledged"), out("2", words, "failed"), out("3", card, "sending")]));
  assert.deepEqual(restored(JSON.parse(left)), [out("2", words, "sending"), out("3", card, "sending")]);
});

test("what is no message is left out", () => {
  assert.equal(restored({}), undefined);
  assert.deepEqual(restored([null, 1, { requestId: "1" }, { requestId: 2, payload: words }]), []);
});

test("words go out as text, a product as a card with its exact price", () => {
  assert.deepEqual(contentOf(words).kind, { case: "text", value: contentOf(words).kind.value });
  const sent = contentOf(card).kind;
  assert.ok(sent.case === "product");
  assert.equal(sent.value.price?.minorUnits, 3900n);
});

test("the opening says where the buyer was and what was chosen", () => {
  const opening = openingOf(words);
  assert.equal(opening.category, Category.ORDER);
  assert.deepEqual([opening.page?.product, opening.page?.orderNumber, opening.language], ["p-mug", "D1", "zh-CN"]);
});
