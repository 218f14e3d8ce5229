// The same for many sessions: each a write of its own, under a request id of its own, some at a time; what one refuses
// keeps none of the others.

import { newRequestId } from "../../../shared/api.js";
import { problemOf, type Problem } from "../../../shared/problem.js";
import { repeat } from "../../../shared/repeat.js";

export interface Outcome {
  readonly done: number;
  readonly refused: readonly Problem[];
}

const atOnce = 4;

export async function each<Item>(items: readonly Item[], work: (item: Item, requestId: string) => Promise<unknown>): Promise<Outcome> {
  const left = [...items];
  const refused: Problem[] = [];
  let done = 0;
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) {
      const one = item;
      try {
        await repeat(newRequestId(), (requestId) => work(one, requestId));
        done += 1;
      } catch (error) {
        refused.push(problemOf(error));
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return { done, refused };
}

// How often each was said, as it is said to the person.
export function counted(words: readonly string[]): readonly (readonly [words: string, count: number])[] {
  const counts = new Map<string, number>();
  for (const one of words) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts];
}
