import assert from "node:assert/strict";
import { test } from "node:test";
import { Store } from "./store.js";

function storage(): Storage {
  const map = new Map<string, string>();
  return {
    getItem: (key: string) => map.get(key) ?? null,
    setItem: (key: string, value: string) => void map.set(key, value),
    removeItem: (key: string) => void map.delete(key),
    clear: () => map.clear(),
    key: () => null,
    length: 0,
  };
}

const denied = () => {
  throw new DOMException("denied", "SecurityError");
};
const text = (json: unknown) => (typeof json === "string" ? json : undefined);

test("the two areas are apart, and a second page finds what the first left", () => {
  const [lasting, visit] = [storage(), storage()];
  const areas = { lasting: () => lasting, visit: () => visit };
  new Store(areas).write("lasting", "k", "a");
  const second = new Store(areas);
  assert.equal(second.read("lasting", "k", text), "a");
  assert.equal(second.read("visit", "k", text), undefined);
  second.remove("lasting", "k");
  assert.equal(second.get("lasting", "k"), undefined);
});

test("where storage is denied, the page remembers", () => {
  const store = new Store({ lasting: denied, visit: denied });
  store.write("lasting", "k", "a");
  assert.equal(store.read("lasting", "k", text), "a");
  store.remove("lasting", "k");
  assert.equal(store.read("lasting", "k", text), undefined);
});

test("what somebody else left under the name is nothing", () => {
  const lasting = storage();
  lasting.setItem("k", "{not json");
  const store = new Store({ lasting: () => lasting, visit: denied });
  assert.equal(store.read("lasting", "k", text), undefined);
});
