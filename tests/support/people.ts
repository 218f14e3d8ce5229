// Shops and the people in them, made through the public API.
import { createHmac, randomBytes, randomUUID } from "node:crypto";

import { Priority } from "../gen/kefu/common/v1/entry_pb.js";
import { Role, type Scope } from "../gen/kefu/options_pb.js";
import { type ClientOptions, type Clients, clientsTo } from "./clients.js";
import type { Cluster } from "./cluster.js";
import type { Service } from "./service.js";

export function requestId(): string {
  return randomUUID();
}

export function text(body: string) {
  return { kind: { case: "text" as const, value: { body } } };
}

export function note(body: string) {
  return { kind: { case: "note" as const, value: { body } } };
}

// Whoever has a token: asks any gateway with it.
export class Person {
  constructor(
    readonly token: string,
    private readonly options: ClientOptions = {},
  ) {}

  at(gateway: Pick<Service, "url">, options: ClientOptions = {}): Clients {
    return clientsTo(gateway.url, { ...this.options, ...options, token: this.token });
  }
}

export class Buyer extends Person {
  constructor(
    token: string,
    readonly buyer: string,
    readonly conversation: string,
    options?: ClientOptions,
  ) {
    super(token, options);
  }
}

export class Staff extends Person {
  constructor(
    token: string,
    readonly login: string,
    readonly password: string,
    readonly agent: string,
    options?: ClientOptions,
  ) {
    super(token, options);
  }
}

// A program that is an agent: its token is the secret of its API key.
export class ProgramAgent extends Staff {
  constructor(
    token: string,
    agent: string,
    readonly keyId: string,
    // An administrator of the shop.
    readonly admin: Staff,
    options?: ClientOptions,
  ) {
    super(token, "", "", agent, options);
  }
}

// Every person comes from an address of its own, behind the trusted proxy 127.0.0.1: what is limited per address must
// not hold up a test with many people. Needs gatewayConfig.trusted_proxies.
let people = 0;
function ownAddress(): Record<string, string> {
  ++people;
  return { "X-Forwarded-For": `10.${(people >> 16) & 255}.${(people >> 8) & 255}.${people & 255}` };
}

export interface StaffOptions {
  role?: Role;
  capacity?: number;
  displayName?: string;
  signIn?: boolean;
}

export class Shop {
  private constructor(
    private readonly cluster: Cluster,
    readonly id: string,
    readonly identityKeyId: string,
    readonly identityKey: string,
  ) {}

  static async create(cluster: Cluster, id: string, origins: string[] = []): Promise<Shop> {
    const shop = { shop: id, displayName: `Shop ${id}`, origins };
    const created = await operator(cluster).createShop({ requestId: requestId(), shop });
    return new Shop(cluster, id, created.identityKeyId, created.identityKey);
  }

  // A person who is an agent of this shop, signed in.
  async staff(options: StaffOptions = {}): Promise<Staff> {
    const login = `person-${randomBytes(6).toString("hex")}`;
    const password = randomBytes(12).toString("base64url");
    const displayName = options.displayName ?? login;
    await operator(this.cluster).createPerson({ requestId: requestId(), login, password, displayName });
    const { agent } = await operator(this.cluster).createAgentIn({
      requestId: requestId(),
      shop: this.id,
      agent: { login, displayName, role: options.role ?? Role.AGENT, capacity: options.capacity ?? 100 },
    });
    if (options.signIn === false) return new Staff("", login, password, agent!.agent);
    return await this.signIn(login, password);
  }

  // A program of the shop, with an API key made by an administrator of its own.
  async program(displayName = "program"): Promise<Person> {
    const admin = await this.staff({ role: Role.ADMIN });
    const { secret } = await admin.at(this.cluster.gateway(0)).admin.createApiKey({ requestId: requestId(), displayName });
    return new Person(secret, { headers: ownAddress() });
  }

  // A program that is an agent, with a key that grants these scopes. Without an answer limit unless one is named.
  async programAgent(scopes: Scope[], options: StaffOptions & { answerLimitMs?: number } = {}): Promise<ProgramAgent> {
    const admin = await this.staff({ role: Role.ADMIN });
    const as = admin.at(this.cluster.gateway(0)).admin;
    const limit = options.answerLimitMs;
    const answerLimit = limit === undefined ? undefined : { seconds: BigInt(limit / 1000) };
    const displayName = options.displayName ?? "Robot";
    const capacity = options.capacity ?? 100;
    const agent = { program: true, displayName, role: Role.AGENT, capacity, answerLimit };
    const made = (await as.createAgent({ requestId: requestId(), agent })).agent!;
    const key = await as.createApiKey({ requestId: requestId(), displayName, agent: made.agent, scopes });
    return new ProgramAgent(key.secret, made.agent, key.key!.keyId, admin, { headers: ownAddress() });
  }

  async signIn(login: string, password: string): Promise<Staff> {
    const headers = ownAddress();
    const { auth } = clientsTo(this.cluster.gateway(0).url, { headers });
    const signedIn = await auth.signIn({ login, password, shop: this.id }, { timeoutMs: 20_000 });
    return new Staff(signedIn.token, login, password, signedIn.agent, { headers });
  }

  async guest(displayName = ""): Promise<Buyer> {
    const headers = ownAddress();
    const { auth } = clientsTo(this.cluster.gateway(0).url, { headers });
    const guest = await auth.startGuest({ shop: this.id, displayName });
    return new Buyer(guest.token, guest.buyer, guest.conversation, { headers });
  }

  // What the shop's own site signs for a buyer that it knows.
  identity(externalId: string, displayName = "", timestamp = Math.floor(Date.now() / 1000), priority = Priority.UNSPECIFIED) {
    const name = { [Priority.MEMBER]: "member", [Priority.VIP]: "vip" }[priority as number];
    const signed = `${name === undefined ? "v1" : "v2"}\n${this.id}\n${externalId}\n${displayName}\n${timestamp}${name === undefined ? "" : `\n${name}`}`;
    return {
      shop: this.id,
      externalId,
      displayName,
      priority,
      timestamp: BigInt(timestamp),
      keyId: this.identityKeyId,
      signature: createHmac("sha256", keyBytes(this.identityKey)).update(signed).digest("hex"),
    };
  }

  async identified(externalId: string, displayName = "", guestToken = "", priority = Priority.UNSPECIFIED): Promise<Buyer> {
    const headers = ownAddress();
    const { auth } = clientsTo(this.cluster.gateway(0).url, { headers });
    const known = await auth.identifyBuyer({ ...this.identity(externalId, displayName, undefined, priority), guestToken });
    return new Buyer(known.token, known.buyer, known.conversation, { headers });
  }
}

export function operator(cluster: Cluster): Clients["operator"] {
  return clientsTo(cluster.gateway(0).url, { token: cluster.operatorKey }).operator;
}

// The key as the operator was given it, used as it stands.
function keyBytes(key: string): string {
  return key;
}
