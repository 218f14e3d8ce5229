// Calls as a client makes them that does not give up: the same request id again, on another gateway, until there is
// an answer. What the answer is worth is decided here, once.
import { setTimeout as delay } from "node:timers/promises";

import { Code } from "@connectrpc/connect";

import { type Clients, type Refusal, refusalOf } from "../../support/clients.js";
import type { Random } from "../../support/random.js";

export type Outcome<T> =
  | { result: "ok"; value: T }
  // Refused for certain: nothing was stored.
  | { result: "fail"; reason: string }
  // Stored once or not at all.
  | { result: "unknown"; reason: string };

const definite = new Set([
  Code.InvalidArgument,
  Code.NotFound,
  Code.AlreadyExists,
  Code.PermissionDenied,
  Code.FailedPrecondition,
  Code.Aborted,
  Code.OutOfRange,
  Code.Unauthenticated,
]);

// What connect-node calls internal, too: its connection went while it wrote.
const ownSocket = /^(read|write) E[A-Z]+$/;

export class Persistent {
  // How often the last attempt was not the first.
  retries = 0;
  // Answers that no client should ever get.
  readonly surprises: string[] = [];

  constructor(
    private readonly gateways: Clients[],
    private readonly random: Random,
    private readonly patienceMs: number,
  ) {}

  async call<T>(attempt: (clients: Clients) => Promise<T>): Promise<Outcome<T>> {
    const end = Date.now() + this.patienceMs;
    let uncertain = false;
    let gateway = this.random.integer(0, this.gateways.length - 1);
    for (;;) {
      let refusal: Refusal;
      try {
        return { result: "ok", value: await attempt(this.gateways[gateway]!) };
      } catch (error) {
        refusal = refusalOf(error);
      }
      const { code, reason, sentence } = refusal;
      if ((code === Code.Internal && !ownSocket.test(sentence)) || (code === Code.Unknown && reason !== "")) {
        this.surprises.push(`${Code[code]} ${reason}: ${sentence}`);
      }
      // Without a reason it is not the gateway that speaks, but a broken connection.
      if (definite.has(code) && reason !== "") return { result: uncertain ? "unknown" : "fail", reason };
      if (code !== Code.ResourceExhausted) uncertain = true;
      const wait = refusal.retryDelayMs ?? this.random.integer(20, 200);
      if (Date.now() + wait > end) return { result: uncertain ? "unknown" : "fail", reason: reason || "NO_ANSWER" };
      await delay(wait);
      ++this.retries;
      gateway = (gateway + 1) % this.gateways.length;
    }
  }
}
