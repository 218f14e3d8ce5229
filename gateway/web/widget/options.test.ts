import assert from "node:assert/strict";
import { test } from "node:test";
import { optionsOf } from "./options.js";

const source = "https://kefu.example/widget.js";

test("a shop is enough: the gateway is where the script came from", () => {
  assert.deepEqual(optionsOf({ shop: "demo" }, source), {
    shop: "demo",
    gateway: "https://kefu.example",
    language: undefined,
    theme: "auto",
    side: "right",
    page: {},
  });
});

test("everything else can be said", () => {
  const data = { shop: "demo", gateway: "https://other.example/x", language: "zh-TW", theme: "dark", side: "left", order: "D1" };
  assert.deepEqual(optionsOf(data, source), {
    shop: "demo",
    gateway: "https://other.example",
    language: "zh",
    theme: "dark",
    side: "left",
    page: { order: "D1" },
  });
});

test("a tag that cannot work says what is wrong", () => {
  assert.match(String(optionsOf({}, source)), /data-shop/);
  assert.match(String(optionsOf({ shop: "demo", gateway: "javascript:1" }, source)), /data-gateway/);
});
