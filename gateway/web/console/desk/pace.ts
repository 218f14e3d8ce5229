// When to read again what follows the news by moments. Pure.

// What has just happened is counted soon after.
const settleMs = 3_000;
// However much happens, not more often than this.
const paceMs = 15_000;

// How long to wait, that long after it was read last.
export function pauseMs(sinceReadMs: number): number {
  return Math.max(settleMs, paceMs - sinceReadMs);
}
