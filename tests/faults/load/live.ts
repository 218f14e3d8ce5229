// Keeps one live stream going for ever: at any end it connects again, to the other gateway, with what it has.
import { setTimeout as delay } from "node:timers/promises";

import type { Clients } from "../../support/clients.js";
import type { Random } from "../../support/random.js";

export class Live<F> {
  reconnects = -1;
  private stopped = false;
  private current = new AbortController();
  private readonly pump: Promise<void>;

  constructor(
    gateways: Clients[],
    private readonly random: Random,
    // Opens the stream from where the client's view ends.
    open: (clients: Clients, signal: AbortSignal) => AsyncIterable<F>,
    take: (frame: F) => void,
    // Called before each connection.
    connecting: () => void = () => {},
  ) {
    this.pump = this.run(gateways, open, take, connecting);
  }

  private async run(
    gateways: Clients[],
    open: (clients: Clients, signal: AbortSignal) => AsyncIterable<F>,
    take: (frame: F) => void,
    connecting: () => void,
  ): Promise<void> {
    let gateway = this.random.integer(0, gateways.length - 1);
    while (!this.stopped) {
      ++this.reconnects;
      this.current = new AbortController();
      connecting();
      const stream = open(gateways[gateway]!, this.current.signal);
      const failure = await this.drain(stream, take);
      if (failure instanceof Bug) throw failure;
      if (this.stopped) return;
      await delay(this.random.integer(20, 300));
      gateway = (gateway + 1) % gateways.length;
    }
  }

  private async drain(stream: AsyncIterable<F>, take: (frame: F) => void): Promise<unknown> {
    try {
      for await (const frame of stream) {
        try {
          take(frame);
        } catch (error) {
          return new Bug(String(error));
        }
      }
      return undefined;
    } catch (error) {
      return error; // any end is the same to a client: it connects again
    }
  }

  // Connect anew, as a client does that was told to.
  again(): void {
    this.current.abort();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.current.abort();
    await this.pump;
  }
}

// The client's own failure, which no reconnection mends.
class Bug extends Error {}
