// The positive controls: with one protection switched off, the verdict must find what is broken.
import type { Random } from "../../support/random.js";
import { type Outcome, fire } from "./fire.js";

export type Control = "acknowledge-first" | "cursor-check-off";

export async function controlled(control: Control, random: Random): Promise<Outcome> {
  const common = { random, seconds: 10, everyMs: 500, shops: 2, batch: 5, roundMs: 500 };
  switch (control) {
    case "acknowledge-first":
      // The cursor moves before the effect: who is killed in between has lost it.
      return await fire({ ...common, faults: ["kill a probe in an event"], probe: { failpoints: "consumer.acknowledge_first=on" } });
    case "cursor-check-off":
      // Nobody looks where the cursor stands: who wakes up after another has taken over repeats what that one did,
      // and may leave the cursor behind for good.
      return await fire({ ...common, faults: ["stop a probe in an event"], probe: { cursorCheckOff: true }, catchUpMs: 15_000 });
  }
}
