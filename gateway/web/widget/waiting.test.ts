import assert from "node:assert/strict";
import { test } from "node:test";
import { answerTimes, dayAndTime, minutesOf } from "./waiting.js";

test("a wait is told as a range of whole minutes, or as less than one", () => {
  assert.deepEqual(minutesOf(10, 50), { low: 0, high: 0 });
  assert.deepEqual(minutesOf(10, 100), { low: 1, high: 2 });
  assert.deepEqual(minutesOf(130, 290), { low: 2, high: 5 });
  assert.deepEqual(minutesOf(120, 120), { low: 2, high: 2 });
  assert.deepEqual(minutesOf(-5, -1), { low: 0, high: 0 });
});

test("wishes lie at round hours to come, each once and in order", () => {
  for (const hour of [0, 8, 17, 18, 19, 23]) {
    const now = new Date(2026, 10, 23, hour, 30);
    const times = answerTimes(now).map((time) => time.getTime());
    assert.ok(times.length >= 3, `${hour}`);
    assert.ok(times.every((time) => time > now.getTime() + 3_600_000));
    assert.deepEqual([...new Set(times)].sort((a, b) => a - b), times);
  }
});

test("days are called as people call them", () => {
  const now = new Date(2026, 10, 23, 22);
  assert.equal(dayAndTime("zh-CN", new Date(2026, 10, 23, 23), now), "今天 23:00");
  assert.equal(dayAndTime("zh-CN", new Date(2026, 10, 24, 10), now), "明天 10:00");
  assert.match(dayAndTime("en", new Date(2026, 10, 24, 10), now), /^Tomorrow 10:00/);
});
