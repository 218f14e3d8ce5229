import assert from "node:assert/strict";
import { test } from "node:test";
import { demoOf } from "./demo.js";

test("the address of a demonstration names shop, password and people", () => {
  assert.deepEqual(demoOf("#/demo/demo/s3cret/agent1,admin"), { shop: "demo", password: "s3cret", logins: ["agent1", "admin"] });
});

test("any other address is none", () => {
  for (const hash of ["", "#/desk", "#/demo", "#/demo/demo/s3cret", "#/demo//x/agent1"]) assert.equal(demoOf(hash), undefined, hash);
});
