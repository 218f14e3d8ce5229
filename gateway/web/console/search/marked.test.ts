import assert from "node:assert/strict";
import { test } from "node:test";
import { marked } from "./marked.js";

test("spans are bytes of UTF-8", () => {
  assert.deepEqual(marked("我的订单 order", [{ begin: 6, end: 12 }, { begin: 13, end: 18 }]), [
    { text: "我的", found: false },
    { text: "订单", found: true },
    { text: " ", found: false },
    { text: "order", found: true },
  ]);
});

test("without spans it is one part; overlapping ones are one", () => {
  assert.deepEqual(marked("abc", []), [{ text: "abc", found: false }]);
  assert.deepEqual(marked("abcd", [{ begin: 1, end: 3 }, { begin: 0, end: 2 }]), [
    { text: "ab", found: true },
    { text: "c", found: true },
    { text: "d", found: false },
  ]);
  assert.deepEqual(marked("", []), []);
});
