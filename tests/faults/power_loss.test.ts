// GUARANTEES, the short version: 50 pairs under every fault, and the controls that the checker must find.
// The long version is faults/power_loss.ts.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { broken } from "../support/history/checker.js";
import type { Rule } from "../support/history/rules.js";
import { Random } from "../support/random.js";
import { type Control, allFaults, run, runControl } from "./scenarios.js";

function assertBroken(rules: Set<Rule>, oneOf: Rule[]): void {
  assert.ok(oneOf.some((rule) => rules.has(rule)), `expected one of ${oneOf.join(", ")}; found ${[...rules].join(", ") || "nothing"}`);
}

describe("what kefu acknowledged", () => {
  const random = Random.seeded("power loss");

  test("survives kill -9, stopped processes, dropped answers and loss of power, once and in order", async () => {
    const { verdict, surprises } = await run("faults", {
      pairs: 50,
      seconds: 12,
      random: random.fork("faults"),
      faults: allFaults,
    });
    assert.deepEqual(verdict.violations.slice(0, 10), []);
    assert.deepEqual(surprises, []);
    assert.ok(verdict.ok > 200, `only ${verdict.ok} messages were acknowledged`);
    assert.ok(verdict.ownerships > 20, `only ${verdict.ownerships} assignments`);
  });

  const controls: [Control, Rule[]][] = [
    ["everysec", ["ok-stored-once"]],
    ["dedup-off", ["ok-stored-once", "unknown-at-most-once"]],
    ["gap-repair-off", ["view-equals-log"]],
    ["epoch-ignored", ["view-equals-log"]],
  ];
  for (const [control, rules] of controls) {
    test(`control "${control}": the checker finds what is broken on purpose`, async () => {
      const { verdict } = await runControl(control, random.fork(control));
      assertBroken(broken(verdict), rules);
    });
  }

  test("after a lost tail, views equal what is left of the log: clients heed the new epoch", async () => {
    const { verdict } = await runControl("epoch-heeded", random.fork("epoch-heeded"));
    assertBroken(broken(verdict), ["ok-stored-once"]);
    const views = verdict.violations.filter(({ rule }) => rule === "view-equals-log");
    assert.deepEqual(views.slice(0, 10), []);
  });
});
