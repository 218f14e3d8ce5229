// A program that answers first, as an agent of the shop: something to begin your own with.
//
//   KEFU_GRPC=127.0.0.1:9090 KEFU_API_KEY_FILE=robot.key node dist/e2e/program/program.js
//
// The key is one of an agent that is a program, with the scopes "sessions" and "orders:read" (README.md says how to make
// it). It takes sessions as anybody does, answers what orders and logistics know, and hands everything else over with a
// summary that the next agent reads. Nothing is kept here: killed, it loses its sessions to others when its lease ends;
// started again, it is shown its sessions from their first entry. What it writes bears a request id made from the entry
// that it answers, so that no answer is given twice.
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

import { type ServiceError, status } from "@grpc/grpc-js";

import { Gateway, type Message } from "./wire.js";

interface Held {
  session: Message;
  // For the summary.
  said: string[];
}

const words = (name: string, prefix: string) => name.replace(prefix, "").toLowerCase().replaceAll("_", " ");

class Robot {
  private readonly held = new Map<string, Held>(); // by conversation
  private readonly seen = new Map<string, Message>(); // resume tokens, by conversation
  private readonly given = new Map<string, Message>(); // what was handed over, by session
  private storeEpoch = 0;

  constructor(private readonly gateway: Gateway) {
    // While nobody else is there, what was handed over comes back.
    setInterval(() => void this.handOverAgain(), 5000);
  }

  async run(): Promise<never> {
    for (let failures = 0; ; ++failures) {
      try {
        for await (const frame of this.gateway.subscribe({ resume: [...this.seen.values()] })) {
          failures = 0;
          await this.take(frame);
        }
      } catch (error) {
        if ((error as ServiceError).code === status.UNAUTHENTICATED) throw error; // the key was revoked
        console.error(`the stream ended: ${String(error)}`);
      }
      await delay(Math.min(5000, 100 * 2 ** failures) * (0.5 + Math.random()));
    }
  }

  private async take(frame: Message): Promise<void> {
    if (frame.snapshot) {
      this.storeEpoch = frame.snapshot.storeEpoch;
      const sessions: Message[] = frame.snapshot.sessions;
      for (const conversation of this.held.keys()) {
        if (!sessions.some((session) => session.conversation === conversation)) this.lose(conversation);
      }
      for (const session of sessions) this.gain(session);
      await this.gateway.call("agent", "SetPresence", { presence: "PRESENCE_ONLINE" });
    } else if (frame.session) {
      const { held, session } = frame.session;
      if (held) this.gain(session);
      else this.lose(session.conversation);
    } else if (frame.entry) {
      await this.read(frame.entry);
    } else if (frame.resync) {
      this.seen.delete(frame.resync.conversation);
      this.storeEpoch = frame.resync.storeEpoch;
    } else if (frame.agent?.presence === "PRESENCE_BREAK") {
      // Too slow with an answer once (answer_limit): that session is gone, the next ones are welcome.
      await this.gateway.call("agent", "SetPresence", { presence: "PRESENCE_ONLINE" });
    }
  }

  private gain(session: Message): void {
    const said = this.seen.has(session.conversation) ? this.held.get(session.conversation)?.said : undefined;
    this.held.set(session.conversation, { session, said: said ?? [] });
  }

  private lose(conversation: string): void {
    this.held.delete(conversation);
    this.seen.delete(conversation);
  }

  private async read(entry: Message): Promise<void> {
    const held = this.held.get(entry.conversation);
    if (!held) return;
    const text: string | undefined = entry.content?.text?.body;
    if (text && entry.session === held.session.session) {
      held.said.push(`${words(entry.sender.kind, "KIND_")}: ${text}`);
      if (entry.sender.kind === "KIND_BUYER") await this.answer(held, entry, text);
    }
    const { conversation, seq } = entry;
    this.seen.set(conversation, { conversation, seq, storeEpoch: this.storeEpoch });
  }

  private async answer(held: Held, entry: Message, question: string): Promise<void> {
    const { session, fence, buyer } = held.session;
    const id = `${session}-${entry.seq}`;
    const known = await this.lookUp(buyer, question);
    const body = known ?? "I do not know that. A colleague will be with you in a moment.";
    await this.write("SendMessage", { requestId: `say-${id}`, session, fence, content: { text: { body } } });
    if (known !== undefined || this.given.has(session)) return;
    const note = `Handed over by a program, which had no answer to "${question}".\n${held.said.join("\n")}`;
    this.given.set(session, { requestId: `over-${id}`, session, note });
    await this.write("TransferSession", { ...this.given.get(session), fence });
  }

  private async handOverAgain(): Promise<void> {
    for (const { session } of this.held.values()) {
      const over = this.given.get(session.session);
      if (over) await this.write("TransferSession", { ...over, fence: session.fence });
    }
  }

  private async write(method: string, request: Message): Promise<void> {
    try {
      await this.gateway.call("agent", method, request);
    } catch (error) {
      // ALREADY_EXISTS: said before, in other words. ABORTED, FAILED_PRECONDITION: not ours any more, or closed.
      const { code } = error as ServiceError;
      if (![status.ALREADY_EXISTS, status.ABORTED, status.FAILED_PRECONDITION].includes(code)) throw error;
    }
  }

  // What the services know, of this buyer's own orders and parcels only; undefined: nothing.
  private async lookUp(buyer: string, question: string): Promise<string | undefined> {
    const number = /\b[A-Z]\d{3,}\b/.exec(question)?.[0];
    if (number !== undefined) {
      const { orders } = await this.gateway.call("orders", "ListOrders", { buyer, number });
      const order = orders[0];
      return order && `Order ${number} is ${words(order.payment, "PAYMENT_")} and ${words(order.fulfilment, "FULFILMENT_")}.`;
    }
    if (!/parcel|package|delivery|包裹|快递|物流/i.test(question)) return undefined;
    const { shipments } = await this.gateway.call("shipments", "ListShipments", { buyer });
    const parcel = shipments[0];
    return parcel && `Your parcel ${parcel.trackingNumber} (${parcel.carrier}) is ${words(parcel.status, "STATUS_")}.`;
  }
}

const keyFile = process.env.KEFU_API_KEY_FILE ?? "robot.key";
await new Robot(new Gateway(process.env.KEFU_GRPC ?? "127.0.0.1:9090", readFileSync(keyFile, "utf8").trim())).run();
