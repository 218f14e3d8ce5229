// A write whose outcome may stay unknown: repeated under one request id while that is worth it, so that it happens once.

import { Backoff, sleep } from "./backoff.js";
import { isTransient, problemOf } from "./problem.js";

export interface RepeatOptions {
  readonly attempts?: number;
  readonly signal?: AbortSignal;
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

// Throws the last error when the attempts are used up, or at once for a refusal.
export async function repeat<Result>(
  requestId: string,
  call: (requestId: string) => Promise<Result>,
  options: RepeatOptions = {},
): Promise<Result> {
  const backoff = new Backoff();
  const pause = options.pause ?? sleep;
  const signal = options.signal ?? new AbortController().signal;
  for (let left = (options.attempts ?? 5) - 1; ; left -= 1) {
    try {
      return await call(requestId);
    } catch (error) {
      const problem = problemOf(error);
      if (left <= 0 || signal.aborted || !isTransient(problem)) throw error;
      await pause(Math.max(problem.retryDelayMs, backoff.next()), signal);
    }
  }
}
