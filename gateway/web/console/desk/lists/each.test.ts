import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { counted, each } from "./each.js";

test("each has a request id of its own; what one refuses keeps none of the others", async () => {
  const ids = new Set<string>();
  const numbers = Array.from({ length: 20 }, (_, i) => i);
  const { done, refused } = await each(numbers, async (n, requestId) => {
    ids.add(requestId);
    if (n % 10 === 3) throw new ConnectError("not yours", Code.Aborted);
  });
  assert.deepEqual([done, refused.length, ids.size], [18, 2, 20]);
  assert.ok(refused.every(({ code }) => code === Code.Aborted));
});

test("of nothing nothing is done", async () => {
  assert.deepEqual(await each([], () => Promise.reject(new Error("called"))), { done: 0, refused: [] });
});

test("the same refusals are told once, with their number", () => {
  assert.deepEqual(counted(["a", "b", "a"]), [["a", 2], ["b", 1]]);
});
