import assert from "node:assert/strict";
import { test } from "node:test";
import { forecastOf, grown } from "./numbers.js";

test("a forecast is numbers, however they are apart", () => {
  assert.deepEqual(forecastOf("12, 30\n 7.5;0，4"), [12, 30, 7.5, 0, 4]);
  assert.deepEqual(forecastOf(""), []);
});

test("what is no number is not guessed at", () => {
  for (const written of ["12 many", "-3", "1e999", "NaN"]) assert.equal(forecastOf(written), undefined, written);
});

test("growth is by per cent", () => {
  assert.deepEqual(grown([10, 7], 15), [11.5, 8.05]);
  assert.deepEqual(grown([10], -100), [0]);
});
