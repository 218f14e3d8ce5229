import assert from "node:assert/strict";
import { test } from "node:test";
import { LanguageChoice } from "./language.js";

function storage(content: Record<string, string> = {}): Storage {
  const map = new Map(Object.entries(content));
  return {
    getItem: (key: string) => map.get(key) ?? null,
    setItem: (key: string, value: string) => void map.set(key, value),
    removeItem: (key: string) => void map.delete(key),
    clear: () => map.clear(),
    key: () => null,
    length: map.size,
  };
}

test("the browser's first language that we have is taken", () => {
  assert.equal(new LanguageChoice(storage(), ["fr", "zh-TW", "en"]).current, "zh");
  assert.equal(new LanguageChoice(storage(), ["en-GB", "zh-CN"]).current, "en");
  assert.equal(new LanguageChoice(storage(), ["fr"]).current, "en");
});

test("the person's choice is remembered and told", () => {
  const shared = storage();
  const choice = new LanguageChoice(shared, ["en"]);
  let told = 0;
  choice.onChange(() => (told += 1));
  choice.choose("zh");
  assert.equal(told, 1);
  assert.equal(new LanguageChoice(shared, ["en"]).current, "zh");
});
