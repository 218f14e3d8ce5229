import assert from "node:assert/strict";
import { test } from "node:test";
import { ReadMarks } from "./read_marks.js";

function marks(answers: boolean[] = []) {
  const told: string[] = [];
  const read = new ReadMarks(async ({ deliveredSeq, readSeq }) => {
    told.push(`${deliveredSeq} ${readSeq}`);
    return answers.shift() ?? true;
  });
  return { read, told };
}

test("each step forward is told once", () => {
  const { read, told } = marks();
  read.move(3n, false);
  read.move(3n, false);
  read.move(3n, true);
  read.move(3n, true);
  read.move(4n, true);
  assert.deepEqual(told, ["3 0", "3 3", "4 4"]);
  assert.equal(read.read, 4n);
});

test("what another device has read is read here", () => {
  const { read } = marks();
  read.told(5n);
  read.told(2n);
  assert.equal(read.read, 5n);
});

test("what did not arrive is told again with the next step", async () => {
  const { read, told } = marks([false]);
  read.move(3n, true);
  await new Promise((resolve) => setImmediate(resolve));
  read.move(3n, true);
  assert.deepEqual(told, ["3 3", "3 3"]);
});
