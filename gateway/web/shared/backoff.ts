// How long to wait before the next attempt: doubling from `firstMs` to `maxMs`, each between half and all of it, so
// that clients that lost the same gateway do not come back in step.

export class Backoff {
  private attempts = 0;

  constructor(
    private readonly firstMs = 300,
    private readonly maxMs = 10_000,
    private readonly random: () => number = Math.random,
  ) {}

  next(): number {
    const whole = Math.min(this.maxMs, this.firstMs * 2 ** this.attempts);
    this.attempts += 1;
    return Math.round(whole * (0.5 + this.random() / 2));
  }

  reset(): void {
    this.attempts = 0;
  }
}

// Resolves after `ms`; rejects at once with the signal's reason when it is aborted.
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
