import assert from "node:assert/strict";
import { test } from "node:test";
import { moneyText } from "./money.js";

test("minor units are those of the currency", () => {
  assert.equal(moneyText("en", "CNY", 1999n), "CN¥19.99");
  assert.equal(moneyText("zh-CN", "CNY", 1999n), "¥19.99");
  assert.equal(moneyText("en", "JPY", 1999n), "¥1,999");
  assert.match(moneyText("en", "KWD", 1999n), /1\.999/);
  assert.equal(moneyText("en", "USD", -5n), "-$0.05");
});

test("a code that is none is shown as it is", () => {
  assert.equal(moneyText("en", "x", 5n), "5 x");
});
