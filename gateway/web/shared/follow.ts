// Follows a server stream for as long as it is wanted: opens it, hands over its frames, and opens it again with
// back-off whenever it ends, breaks or falls silent. What to resume from is the caller's business: `open` is asked
// anew each time.

import { Backoff, sleep } from "./backoff.js";
import { problemOf, type Problem } from "./problem.js";

export type FollowState = "connecting" | "live" | "waiting";

// What the frame means for the stream: go on, or open a new one after a delay.
export type FrameResult = "continue" | { readonly reopenAfterMs: number };

export interface FollowOptions<Frame> {
  open(signal: AbortSignal): AsyncIterable<Frame>;
  onFrame(frame: Frame): FrameResult | Promise<FrameResult>;
  onState?(state: FollowState): void;
  // True ends following, e.g. when the token was refused.
  isFinal(problem: Problem): boolean;
  // The server says something at least every 15 s; after this long without a frame the stream counts as dead.
  silenceMs?: number;
  backoff?: Backoff;
  pause?(ms: number, signal: AbortSignal): Promise<void>;
}

// Returns when `signal` is aborted; throws the error that was final.
export async function follow<Frame>(options: FollowOptions<Frame>, signal: AbortSignal): Promise<void> {
  const backoff = options.backoff ?? new Backoff();
  const pause = options.pause ?? sleep;
  while (!signal.aborted) {
    options.onState?.("connecting");
    let delay: number | undefined;
    try {
      delay = await once(options, backoff, signal);
    } catch (error) {
      if (signal.aborted) return;
      const problem = problemOf(error);
      if (options.isFinal(problem)) throw error;
      if (problem.retryDelayMs > 0) delay = problem.retryDelayMs;
    }
    if (signal.aborted) return;
    options.onState?.("waiting");
    try {
      await pause(delay ?? backoff.next(), signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

// One stream, to its end. Returns the delay that a frame asked for, if one did.
async function once<Frame>(
  options: FollowOptions<Frame>,
  backoff: Backoff,
  signal: AbortSignal,
): Promise<number | undefined> {
  const attempt = new AbortController();
  const stop = () => attempt.abort();
  signal.addEventListener("abort", stop, { once: true });
  const silenceMs = options.silenceMs ?? 40_000;
  let watchdog = setTimeout(stop, silenceMs);
  try {
    for await (const frame of options.open(attempt.signal)) {
      clearTimeout(watchdog);
      watchdog = setTimeout(stop, silenceMs);
      backoff.reset();
      options.onState?.("live");
      const result = await options.onFrame(frame);
      if (result !== "continue") return result.reopenAfterMs;
    }
    return undefined;
  } finally {
    clearTimeout(watchdog);
    signal.removeEventListener("abort", stop);
    attempt.abort();
  }
}
