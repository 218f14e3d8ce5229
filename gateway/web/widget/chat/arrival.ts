// Waiting for the stream to have caught up: what is sent before could be in the log already.

import { Code, ConnectError } from "@connectrpc/connect";

interface Waiter {
  resolve(): void;
  reject(error: unknown): void;
}

export class Arrival {
  private there = false;
  private waiters = new Set<Waiter>();

  constructor(private readonly patienceMs = 10_000) {}

  get isThere(): boolean {
    return this.there;
  }

  arrived(): void {
    this.there = true;
    for (const waiter of this.taken()) waiter.resolve();
  }

  lost(): void {
    this.there = false;
  }

  // It is not going to arrive unless something changes.
  refused(error: unknown): void {
    this.there = false;
    for (const waiter of this.taken()) waiter.reject(error);
  }

  async wait(): Promise<void> {
    if (this.there) return;
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error as Error);
        },
      };
      const timer = setTimeout(() => {
        this.waiters.delete(waiter);
        reject(new ConnectError("The server cannot be reached.", Code.Unavailable));
      }, this.patienceMs);
      this.waiters.add(waiter);
    });
  }

  private taken(): Waiter[] {
    const waiters = [...this.waiters];
    this.waiters.clear();
    return waiters;
  }
}
