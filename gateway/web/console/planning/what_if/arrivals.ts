// Sessions that were, as arrivals to play again. Pure.

import { Category } from "../../../gen/kefu/common/v1/entry_pb.js";
import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { SessionRow } from "../../../gen/kefu/records/v1/service_pb.js";

export interface Arrival {
  readonly time: Timestamp;
  readonly traits: Record<string, string>;
  readonly serviceS?: number;
  readonly patienceS?: number;
}

const apartS = (from: Timestamp, to: Timestamp): number => Math.max(0, timestampMs(to) - timestampMs(from)) / 1000;

// In the order in which they came. Whoever left before an agent came was as patient as that; the patience of others, and
// how long those are served who are still open, is left to the assumptions.
export function arrivalsOf(sessions: readonly SessionRow[]): Arrival[] {
  const arrivals = sessions.flatMap(({ openTime, assignTime, closeTime, category }): Arrival[] => {
    if (!openTime) return [];
    const traits: Record<string, string> = category === Category.UNSPECIFIED ? {} : { category: Category[category].toLowerCase() };
    if (!closeTime) return [{ time: openTime, traits }];
    return assignTime
      ? [{ time: openTime, traits, serviceS: apartS(assignTime, closeTime) }]
      : [{ time: openTime, traits, patienceS: apartS(openTime, closeTime) }];
  });
  return arrivals.sort((a, b) => timestampMs(a.time) - timestampMs(b.time));
}
