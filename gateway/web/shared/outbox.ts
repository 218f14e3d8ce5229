// Messages on their way out: one at a time and in order, repeated under the same request id while the outcome is
// unknown, so that a message is stored once however often it is sent.

import { Backoff, sleep } from "./backoff.js";
import { isTransient, problemOf, type Problem } from "./problem.js";

export interface Outgoing<Payload> {
  readonly requestId: string;
  readonly payload: Payload;
  readonly state: "sending" | "acknowledged" | "failed";
  readonly problem?: Problem;
}

export interface OutboxOptions<Payload> {
  // Returns when the server has acknowledged.
  send(payload: Payload, requestId: string): Promise<void>;
  onChange(): void;
  newRequestId(): string;
  // Attempts before a message counts as failed and waits for the person's retry.
  attempts?: number;
  backoff?: () => Backoff;
  pause?(ms: number, signal: AbortSignal): Promise<void>;
}

export class Outbox<Payload> {
  private items: Outgoing<Payload>[] = [];
  private running = false;
  private readonly life = new AbortController();

  constructor(private readonly options: OutboxOptions<Payload>) {}

  get messages(): readonly Outgoing<Payload>[] {
    return this.items;
  }

  add(payload: Payload): void {
    this.items.push({ requestId: this.options.newRequestId(), payload, state: "sending" });
    this.changed();
  }

  // Takes up messages that an earlier page did not get out, under their old request ids, before any of its own.
  restore(earlier: readonly Outgoing<Payload>[]): void {
    this.items = [...earlier, ...this.items];
    this.changed();
  }

  // Sends a failed message again, under its old request id.
  retry(requestId: string): void {
    this.set(requestId, { state: "sending", problem: undefined });
    this.changed();
  }

  // Gives up on a failed message, so that those behind it go out.
  discard(requestId: string): void {
    this.items = this.items.filter((item) => item.requestId !== requestId || item.state !== "failed");
    this.changed();
  }

  // Drops what has come back on the stream and is in the view now.
  settle(isInView: (requestId: string) => boolean): void {
    this.items = this.items.filter((item) => !isInView(item.requestId));
  }

  close(): void {
    this.life.abort();
  }

  private changed(): void {
    this.options.onChange();
    void this.run();
  }

  private async run(): Promise<void> {
    if (this.running) return;
    this.running = true;
    try {
      for (let next = this.next(); next && !this.life.signal.aborted; next = this.next()) await this.deliver(next);
    } finally {
      this.running = false;
    }
  }

  // A failed message holds back those after it, or they would overtake it.
  private next(): Outgoing<Payload> | undefined {
    const first = this.items.find((item) => item.state !== "acknowledged");
    return first?.state === "sending" ? first : undefined;
  }

  private async deliver(item: Outgoing<Payload>): Promise<void> {
    const backoff = this.options.backoff?.() ?? new Backoff();
    const pause = this.options.pause ?? sleep;
    for (let left = (this.options.attempts ?? 6) - 1; ; left -= 1) {
      try {
        await this.options.send(item.payload, item.requestId);
        this.set(item.requestId, { state: "acknowledged" });
        this.options.onChange();
        return;
      } catch (error) {
        const problem = problemOf(error);
        if (left <= 0 || !isTransient(problem)) {
          this.set(item.requestId, { state: "failed", problem });
          this.options.onChange();
          return;
        }
        await pause(Math.max(problem.retryDelayMs, backoff.next()), this.life.signal).catch(() => undefined);
        if (this.life.signal.aborted) return;
      }
    }
  }

  private set(requestId: string, change: Partial<Outgoing<Payload>>): void {
    this.items = this.items.map((item) => (item.requestId === requestId ? { ...item, ...change } : item));
  }
}
