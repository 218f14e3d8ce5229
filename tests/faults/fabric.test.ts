// The fabric under fire, the short version, and its controls. The long version is faults/fabric.ts.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Random } from "../support/random.js";
import { controlled } from "./fabric/controls.js";
import { fabricFaults, fire } from "./fabric/fire.js";

describe("events between services", () => {
  const random = Random.seeded("fabric");

  test("have their effects once each, whatever is killed, stopped or without power", async () => {
    const { wrong, surprises, events, recoveredMs, summary } = await fire({
      random: random.fork("fire"),
      faults: fabricFaults,
      seconds: 30,
      everyMs: 800,
      // What a slow machine takes with sanitizers: more would be behind without any fault.
      batch: 5,
      roundMs: 1000,
    });
    console.log(summary);
    assert.deepEqual(wrong.slice(0, 10), []);
    assert.deepEqual(surprises, []);
    assert.ok(events > 1000, `only ${events} events`);
    assert.ok(recoveredMs < 5000, `${recoveredMs} ms until nobody was a second behind`);
  });

  const findings = { "acknowledge-first": /had an effect \d+ times/, "cursor-check-off": /had their effect not once/ };
  for (const control of ["acknowledge-first", "cursor-check-off"] as const) {
    test(`control "${control}": what is broken on purpose is found`, async () => {
      const { wrong, summary } = await controlled(control, random.fork(control));
      console.log(`${control}: ${summary}`);
      assert.ok(wrong.some((complaint) => findings[control].test(complaint)), wrong.slice(0, 5).join("\n") || "nothing was found");
    });
  }
});
