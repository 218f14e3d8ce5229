import assert from "node:assert/strict";
import { test } from "node:test";
import { pageOf } from "./page.js";

const here = "https://shop.example/products/7?session=secret#top";

test("without a word from the page only its address is known, less what it may hide", () => {
  assert.deepEqual(pageOf(undefined, here), { url: "https://shop.example/products/7", product: "", order: "", parcel: "" });
});

test("product, order, parcel and an address of the page's choice are taken", () => {
  assert.deepEqual(pageOf({ product: 7, order: " D1 ", parcel: "SF1", url: "/p/7?colour=blue" }, here), {
    url: "https://shop.example/p/7?colour=blue",
    product: "7",
    order: "D1",
    parcel: "SF1",
  });
});

test("a product with a title can be sent as a card", () => {
  const price = { currency: "CNY", minorUnits: 3900 };
  const page = pageOf({ product: "p", title: "Mug", price }, here);
  assert.deepEqual(page.card, { product: "p", title: "Mug", url: page.url, price });
  assert.equal(pageOf({ title: "Mug" }, here).card, undefined);
});

test("what is not understood or too long is left out", () => {
  const page = pageOf({ product: { a: 1 }, order: "x".repeat(65), parcel: "a\nb", url: "javascript:alert(1)" }, here);
  assert.deepEqual(page, { url: "https://shop.example/products/7", product: "", order: "", parcel: "" });
  for (const price of [{ currency: "yuan", minorUnits: 1 }, { currency: "CNY", minorUnits: 0.5 }, { currency: "CNY", minorUnits: -1 }, 39]) {
    assert.equal(pageOf({ product: "p", title: "Mug", price }, here).card?.price, undefined);
  }
  assert.equal(pageOf(null, here).product, "");
});
