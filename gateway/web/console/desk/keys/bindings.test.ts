import assert from "node:assert/strict";
import { test } from "node:test";
import { bindings, pressed } from "./bindings.js";

const key = (press: string, more: Partial<KeyboardEvent> = {}) => ({ key: press, ctrlKey: false, metaKey: false, altKey: false, ...more }) as KeyboardEvent;

test("each key means one thing, and nothing while somebody writes", () => {
  assert.equal(new Set(bindings.map(({ press }) => press)).size, bindings.length);
  assert.equal(pressed(key("j"), false), "next");
  assert.equal(pressed(key("j"), true), undefined);
  assert.equal(pressed(key("j", { altKey: true }), false), undefined);
});

test("the palette opens from everywhere", () => {
  assert.equal(pressed(key("k", { ctrlKey: true }), true), "palette");
  assert.equal(pressed(key("K", { metaKey: true }), false), "palette");
});
