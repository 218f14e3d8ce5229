// A buyer who talks: opens a session, goes on in it, opens the next one when it was closed.
import { setTimeout as delay } from "node:timers/promises";

import type { Entry } from "../../gen/kefu/common/v1/entry_pb.js";
import type { BuyerFrame } from "../../gen/kefu/gateway/v1/buyer_pb.js";
import type { Clients } from "../../support/clients.js";
import { type Buyer, requestId, text } from "../../support/people.js";
import type { Random } from "../../support/random.js";
import { type History, listing, now } from "./history.js";
import { Live } from "./live.js";
import { type Outcome, Persistent } from "./persistence.js";
import type { Switches } from "./switches.js";
import { View } from "./view.js";

export class LoadBuyer {
  readonly view: View;
  readonly persistent: Persistent;
  readonly live: Live<BuyerFrame>;
  private session = "";
  private sent = 0;
  private readonly talking: Promise<void>;

  constructor(
    readonly process: string,
    readonly shop: string,
    private readonly buyer: Buyer,
    gateways: Clients[],
    private readonly random: Random,
    private readonly history: History,
    private readonly switches: Switches,
  ) {
    this.view = new View(buyer.conversation, 0n);
    this.persistent = new Persistent(gateways, random, switches.patienceMs);
    this.live = new Live(
      gateways,
      random.fork("stream"),
      (clients, signal) => clients.buyer.subscribe(this.knowsEpoch ? { resume: this.view.token() } : {}, { signal }),
      (frame) => this.take(frame),
      // Without an epoch there is no token, and the stream begins anew.
      () => (this.knowsEpoch ? undefined : this.view.clear()),
    );
    this.talking = this.talk();
  }

  private get knowsEpoch(): boolean {
    return this.view.storeEpoch !== 0n;
  }

  get conversation(): string {
    return this.buyer.conversation;
  }

  private take({ frame }: BuyerFrame): void {
    if (frame.case === "entry") this.view.take(frame.value);
    if (frame.case === "resync") this.view.resync(frame.value);
    if (frame.case === "hello") this.view.storeEpoch = frame.value.storeEpoch;
    if (frame.case === "goodbye") this.live.again();
  }

  private async talk(): Promise<void> {
    for (;;) {
      await delay(this.random.integer(0, 2 * this.switches.buyerThinksMs));
      if (!(await this.switches.mayGoOn())) return;
      await this.say();
      if (this.random.chance(0.05)) await this.read();
    }
  }

  private async say(): Promise<void> {
    const id = requestId();
    const content = text(`${this.process} says ${++this.sent}`);
    const begin = now();
    if (this.session === "") {
      const outcome = await this.persistent.call((clients) => clients.buyer.openSession({ requestId: id, content }));
      if (outcome.result === "ok") this.session = outcome.value.session;
      this.note("open", id, begin, outcome);
    } else {
      const { session } = this;
      const outcome = await this.persistent.call((clients) => clients.buyer.sendMessage({ requestId: id, session, content }));
      this.note("send", id, begin, outcome);
      // Refused because it is closed, or lost: the next message opens another.
      if (outcome.result !== "ok") this.session = "";
    }
  }

  private note(op: "open" | "send", id: string, begin: number, outcome: Outcome<{ entry?: Entry; storeEpoch: bigint }>): void {
    const { process, shop, conversation } = this;
    const common = { process, op, shop, conversation, client_id: id, t_invoke: begin, t_return: now() };
    if (outcome.result !== "ok") {
      this.history.add({ ...common, result: outcome.result, reason: outcome.reason });
      return;
    }
    const { entry, storeEpoch } = outcome.value;
    this.history.add({ ...common, result: "ok", session: entry!.session, seq: Number(entry!.seq), epoch: Number(storeEpoch) });
  }

  // The whole conversation as the buyer may read it.
  async read(): Promise<void> {
    const begin = now();
    const entries: Entry[] = [];
    for (let epoch = 0n; ; ) {
      const afterSeq = entries.at(-1)?.seq ?? 0n;
      const outcome = await this.persistent.call((clients) => clients.buyer.listMessages({ afterSeq, pageSize: 500 }));
      if (outcome.result !== "ok") return; // a reading that failed says nothing
      entries.push(...outcome.value.entries);
      if (epoch !== 0n && outcome.value.storeEpoch !== epoch) return;
      epoch = outcome.value.storeEpoch;
      if (outcome.value.entries.length < 500) {
        this.noteReading(begin, entries, epoch);
        return;
      }
    }
  }

  private noteReading(begin: number, entries: Entry[], epoch: bigint): void {
    this.history.add({
      process: this.process,
      op: "read",
      shop: this.shop,
      conversation: this.conversation,
      audience: "buyer",
      t_invoke: begin,
      t_return: now(),
      result: "ok",
      epoch: Number(epoch),
      ...listing(entries),
    });
  }

  async quiet(): Promise<void> {
    await this.talking;
  }

  async end(): Promise<void> {
    await this.live.stop();
    const time = now();
    this.history.add({
      process: this.process,
      op: "view",
      shop: this.shop,
      conversation: this.conversation,
      audience: "buyer",
      t_invoke: time,
      t_return: time,
      epoch: Number(this.view.storeEpoch),
      complete: true,
      ...this.view.listing(),
    });
  }
}
