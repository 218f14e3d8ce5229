import assert from "node:assert/strict";
import { test } from "node:test";
import { formField, placed } from "./fields.js";

test("a path of the proto names a field of the form", () => {
  assert.equal(formField("agent.display_name", "agent"), "displayName");
  assert.equal(formField("origins"), "origins");
  assert.equal(formField('skills["returns"]'), "skills");
  assert.equal(formField("policies[1].name"), "policies");
  assert.equal(formField("threshold_s"), "thresholdS");
});

test("what is about no field of the form is left over", () => {
  const problems = [
    { field: "agent.capacity", description: "a" },
    { field: "agent.capacity", description: "b" },
    { field: "agent.role", description: "c" },
  ];
  assert.deepEqual(placed(problems, ["capacity"], "agent"), {
    fields: [{ name: "capacity", errors: ["a", "b"] }],
    left: [problems[2]],
  });
});
