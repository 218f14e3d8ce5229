import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { BoardSchema } from "../../gen/kefu/gateway/v1/board_pb.js";
import { followed, type Point } from "./recent.js";

const boardAt = (ms: number, ...groups: { waiting?: number; active?: number; oldestMs?: number }[]) =>
  create(BoardSchema, {
    time: timestampFromMs(ms),
    groups: groups.map(({ waiting = 0, active = 0, oldestMs }) => ({
      waiting,
      active,
      ...(oldestMs === undefined ? {} : { oldestEnqueueTime: timestampFromMs(oldestMs) }),
    })),
  });

test("a point sums the groups and has the longest wait of all", () => {
  const points = followed([], boardAt(100_000, { waiting: 2, active: 5, oldestMs: 70_000 }, { waiting: 1, oldestMs: 40_000 }, { active: 1 }));
  assert.deepEqual(points, [{ timeMs: 100_000, waiting: 3, active: 6, longestWaitMs: 60_000 }]);
});

test("within ten seconds the newest counts; after half an hour a point is gone", () => {
  let points: readonly Point[] = [];
  for (const ms of [100_000, 104_000, 109_999, 110_000]) points = followed(points, boardAt(ms, { waiting: ms / 1000 }));
  assert.deepEqual(
    points.map(({ timeMs }) => timeMs),
    [109_999, 110_000],
  );
  points = followed(points, boardAt(110_000 + 30 * 60_000));
  assert.equal(points.length, 1);
});
