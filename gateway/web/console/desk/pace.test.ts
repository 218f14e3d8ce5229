import assert from "node:assert/strict";
import { test } from "node:test";
import { pauseMs } from "./pace.js";

test("what was read long ago is read again soon; what was read just now, when the pace allows it", () => {
  assert.deepEqual([pauseMs(Infinity), pauseMs(60_000), pauseMs(13_000), pauseMs(1_000)], [3_000, 3_000, 3_000, 14_000]);
});
