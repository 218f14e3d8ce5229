import assert from "node:assert/strict";
import { test } from "node:test";
import { firstBreak } from "./audit_chain.js";

const chain = [1n, 2n, 3n].map((seq) => ({ seq, previousHash: `h${seq - 1n}`, hash: `h${seq}` }));

test("entries that follow each other are whole", () => {
  assert.equal(firstBreak([]), undefined);
  assert.equal(firstBreak(chain), undefined);
});

test("a changed and a missing entry show", () => {
  assert.equal(firstBreak(chain.map((one) => (one.seq === 2n ? { ...one, hash: "other" } : one))), 3n);
  assert.equal(firstBreak([chain[0]!, chain[2]!]), 3n);
});
