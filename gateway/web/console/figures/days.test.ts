import assert from "node:assert/strict";
import { test } from "node:test";
import { dayOf, shifted } from "./days.js";

test("days go on over months, years and leap days", () => {
  assert.equal(shifted("2026-11-23", -7), "2026-11-16");
  assert.equal(shifted("2026-12-31", 1), "2027-01-01");
  assert.equal(shifted("2028-02-28", 1), "2028-02-29");
});

test("the day of a moment is that of the place", () => {
  assert.equal(dayOf(new Date(2026, 0, 5, 23, 59)), "2026-01-05");
});
