// Who the buyer is: somebody whom the shop's page proves by the shop's signature, else a guest whose token this browser
// keeps.

import type { Client } from "@connectrpc/connect";
import { Priority } from "../../gen/kefu/common/v1/entry_pb.js";
import type { AuthService } from "../../gen/kefu/gateway/v1/auth_pb.js";
import { isTransient, problemOf } from "../../shared/problem.js";
import { recordOf } from "../page.js";
import type { Store } from "../store.js";

// What the shop's server signed (AuthService.IdentifyBuyer says how).
export interface Claim {
  readonly externalId: string;
  readonly displayName: string;
  // Seconds since 1970; the signature holds for five minutes around it.
  readonly timestamp: number;
  readonly keyId: string;
  readonly signature: string;
  readonly priority: Priority;
}

export interface Buyer {
  readonly token: string;
  readonly conversation: string;
  readonly identified: boolean;
}

export interface IdentityDeps {
  readonly auth: Pick<Client<typeof AuthService>, "startGuest" | "identifyBuyer">;
  readonly shop: string;
  readonly store: Store;
  // Whether the guest is in the middle of a session.
  readonly inSession: (guest: Buyer) => Promise<boolean>;
  // Tells the shop's developers what their page got wrong.
  readonly complain: (what: string) => void;
}

export class Identity {
  private source: unknown;
  private buyer: Buyer | undefined;

  constructor(private readonly deps: IdentityDeps) {}

  get current(): Buyer | undefined {
    return this.buyer;
  }

  // A claim, or a function that returns one or a promise of one; asked anew when the token has run out.
  prove(source: unknown): void {
    this.source = source;
  }

  get proves(): boolean {
    return this.source !== undefined;
  }

  // Whether this browser knows of a conversation, so that it is worth looking after before the buyer asks.
  get known(): boolean {
    return this.storedGuest() !== undefined || (this.proves && this.deps.store.get("lasting", this.knownKey) === "1");
  }

  // The buyer to call as. Throws what went wrong with the call.
  async become(): Promise<Buyer> {
    return await alone(`kefu.guest.${this.deps.shop}`, async () => {
      this.buyer = await this.find();
      if (this.buyer.identified) this.deps.store.set("lasting", this.knownKey, "1");
      return this.buyer;
    });
  }

  // The gateway takes the token no longer.
  drop(): void {
    if (this.buyer && !this.buyer.identified) this.deps.store.remove("lasting", this.guestKey);
    this.buyer = undefined;
  }

  // Nothing remains of this buyer in this browser.
  forget(): void {
    this.source = undefined;
    this.buyer = undefined;
    this.deps.store.remove("lasting", this.guestKey);
    this.deps.store.remove("lasting", this.knownKey);
  }

  private async find(): Promise<Buyer> {
    const guest = this.storedGuest();
    if (this.proves) {
      // A guest who signs in while an agent answers goes on as that guest until the session ends.
      const busy = guest ? await this.guestInSession(guest) : false;
      if (guest && busy) return guest;
      const claim = await this.claim();
      if (claim) return await this.identified(claim, guest);
    }
    return guest ?? (await this.newGuest());
  }

  private async guestInSession(guest: Buyer): Promise<boolean> {
    try {
      return await this.deps.inSession(guest);
    } catch (error) {
      if (isTransient(problemOf(error))) throw error;
      return false;
    }
  }

  private async claim(): Promise<Claim | undefined> {
    const given: unknown = typeof this.source === "function" ? await this.source() : this.source;
    if (given === null || given === undefined) return undefined;
    const claim = claimOf(given);
    if (!claim) {
      this.deps.complain("kefu: identify needs externalId, timestamp, keyId and signature; the buyer stays a guest.");
    }
    return claim;
  }

  private async identified(claim: Claim, guest: Buyer | undefined): Promise<Buyer> {
    const { auth, shop, store } = this.deps;
    const request = { shop, ...claim, timestamp: BigInt(claim.timestamp) };
    const withGuest = auth.identifyBuyer({ ...request, guestToken: guest?.token ?? "" });
    const known = await withGuest.catch(async (error: unknown) => {
      const problem = problemOf(error);
      if (isTransient(problem)) throw error;
      // Perhaps it was only the guest's token that has run out.
      if (guest && problem.reason.startsWith("TOKEN_")) return await auth.identifyBuyer(request);
      this.deps.complain(`kefu: identify: ${problem.reason}: ${problem.message}`);
      throw error;
    });
    store.remove("lasting", this.guestKey);
    return { token: known.token, conversation: known.conversation, identified: true };
  }

  private async newGuest(): Promise<Buyer> {
    const started = await this.deps.auth.startGuest({ shop: this.deps.shop });
    const guest = { token: started.token, conversation: started.conversation };
    this.deps.store.write("lasting", this.guestKey, guest);
    return { ...guest, identified: false };
  }

  private storedGuest(): Buyer | undefined {
    return this.deps.store.read("lasting", this.guestKey, (json) => {
      const { token, conversation } = recordOf(json);
      if (typeof token !== "string" || typeof conversation !== "string") return undefined;
      return { token, conversation, identified: false };
    });
  }

  get guestKey(): string {
    return `kefu.guest.${this.deps.shop}`;
  }

  private get knownKey(): string {
    return `kefu.known.${this.deps.shop}`;
  }
}

export function claimOf(input: unknown): Claim | undefined {
  const { externalId, displayName, timestamp, keyId, signature, priority } = recordOf(input);
  if (typeof externalId !== "string" || externalId === "") return undefined;
  if (typeof timestamp !== "number" || !Number.isSafeInteger(timestamp)) return undefined;
  if (typeof keyId !== "string" || typeof signature !== "string") return undefined;
  return {
    externalId,
    displayName: typeof displayName === "string" ? displayName : "",
    timestamp,
    keyId,
    signature,
    priority: priority === "vip" ? Priority.VIP : priority === "member" ? Priority.MEMBER : Priority.UNSPECIFIED,
  };
}

// One page of this browser at a time, so that two that are opened together do not become two guests. Where the browser
// has no locks (a page without TLS) they may.
async function alone<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  const locks = globalThis.navigator?.locks as LockManager | undefined;
  return locks ? await locks.request(name, work) : await work();
}
