import assert from "node:assert/strict";
import { test } from "node:test";
import { takeOver, type KefuFunction } from "./commands.js";

function setUp(earlier?: unknown) {
  const page: { kefu?: unknown } = { kefu: earlier };
  const done: unknown[][] = [];
  const complaints: string[] = [];
  const commands = {
    page: (...values: unknown[]) => done.push(["page", ...values]),
    fail: () => {
      throw new Error("no");
    },
  };
  takeOver(page, commands, (what) => complaints.push(what));
  return { kefu: page.kefu as KefuFunction, done, complaints };
}

test("calls from before the script came are carried out in their order", () => {
  const { done } = setUp({ q: [["page", { product: "1" }], ["page", { product: "2" }]] });
  assert.deepEqual(done, [["page", { product: "1" }], ["page", { product: "2" }]]);
});

test("later calls are carried out at once", () => {
  const { kefu, done } = setUp();
  kefu("page", { order: "D1" });
  assert.deepEqual(done, [["page", { order: "D1" }]]);
  assert.equal(kefu.loaded, true);
});

test("mistakes of the page are told and break nothing", () => {
  const { kefu, complaints } = setUp({ q: [[undefined], ["toString"]] });
  kefu("fail");
  assert.equal(complaints.length, 3);
  assert.match(complaints[0] ?? "", /there are page, fail/);
});
