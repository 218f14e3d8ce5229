// The last half hour of the board, for a chart: what was told while somebody looked. Pure.

import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Board } from "../../gen/kefu/gateway/v1/board_pb.js";

export interface Point {
  readonly timeMs: number;
  readonly waiting: number;
  readonly active: number;
  readonly longestWaitMs: number;
}

const apartMs = 10_000;
const keptMs = 30 * 60_000;

function pointOf({ time, groups }: Board): Point {
  const timeMs = time ? timestampMs(time) : 0;
  const sum = (of: (group: Board["groups"][number]) => number) => groups.reduce((all, group) => all + of(group), 0);
  return {
    timeMs,
    waiting: sum(({ waiting }) => waiting),
    active: sum(({ active }) => active),
    longestWaitMs: groups.reduce((most, { oldestEnqueueTime: oldest }) => (oldest ? Math.max(most, timeMs - timestampMs(oldest)) : most), 0),
  };
}

// A point for every ten seconds at most: the newest of them counts.
export function followed(points: readonly Point[], board: Board): readonly Point[] {
  const point = pointOf(board);
  const last = points.at(-1);
  const slot = (timeMs: number) => Math.floor(timeMs / apartMs);
  const before = last && slot(last.timeMs) === slot(point.timeMs) ? points.slice(0, -1) : points;
  return [...before.filter(({ timeMs }) => timeMs > point.timeMs - keptMs), point];
}
