// Shops whose buyers have to wait: one group, "desk", as its configuration says.
import type { JsonObject } from "@bufbuild/protobuf";

import { SystemLine_Kind, type Entry } from "../gen/kefu/common/v1/entry_pb.js";
import type { BuyerSessionState } from "../gen/kefu/gateway/v1/buyer_pb.js";
import { Role } from "../gen/kefu/options_pb.js";
import { newShop, openSession } from "./chat.js";
import type { Clients } from "./clients.js";
import type { Cluster } from "./cluster.js";
import { type Buyer, Shop, requestId } from "./people.js";
import { configOf } from "./routing.js";
import { type BuyerStream, buyerStream } from "./streams.js";
import { eventually } from "./wait.js";

export const never = {
  hours: "never",
  timeZone: "Asia/Shanghai",
  exceptions: [{ date: "2020-01-01", spans: [{ from: "09:00", to: "18:00" }] }],
};

// What `desk` says about its only group, and `more` about the shop.
export async function configure(cluster: Cluster, shop: Shop, desk: JsonObject = {}, more: JsonObject = {}): Promise<void> {
  const admin = (await shop.staff({ role: Role.ADMIN })).at(cluster.gateway(0));
  const config = configOf({
    skills: [],
    rules: [],
    hours: [never],
    languages: ["zh-CN", "en"],
    groups: [{ group: "desk", ...desk }],
    defaultGroup: "desk",
    timeouts: { wrapUp: "0s" },
    ...more,
  });
  await admin.routing.setRoutingConfig({ requestId: requestId(), config });
  await eventually("the configuration to be in force", async () => (await admin.routing.getRoutingConfig({})).inForce);
}

export async function shopWith(cluster: Cluster, desk: JsonObject = {}, more: JsonObject = {}): Promise<Shop> {
  const shop = await newShop(cluster);
  await configure(cluster, shop, desk, more);
  return shop;
}

// A buyer with a stream who has opened a session.
export interface Waiting {
  buyer: Buyer;
  clients: Clients;
  stream: BuyerStream;
  session: string;
  // As OpenSession answered it.
  state: BuyerSessionState | undefined;
}

export async function waitingBuyer(cluster: Cluster, shop: Shop, gateway = 0): Promise<Waiting> {
  const buyer = await shop.guest("Guest");
  const clients = buyer.at(cluster.gateway(gateway));
  const stream = buyerStream(clients);
  await stream.next("hello");
  const { session, state } = await openSession(clients, "hello");
  return { buyer, clients, stream, session, state };
}

// The next state from now on, or the one that was shown last, that satisfies the condition.
export async function stateOf(
  stream: BuyerStream,
  condition: (state: BuyerSessionState) => boolean,
  timeoutMs?: number,
): Promise<BuyerSessionState> {
  const shown = stream.all("session").at(-1);
  if (shown !== undefined && condition(shown)) return shown;
  return await stream.next("session", condition, { from: stream.frames.length, timeoutMs });
}

export async function ahead(stream: BuyerStream, count: number, timeoutMs?: number): Promise<BuyerSessionState> {
  return await stateOf(stream, (state) => state.place?.ahead === count, timeoutMs);
}

export function linesOf(entries: Entry[], kind: SystemLine_Kind): { [name: string]: string }[] {
  return entries.flatMap(({ content }) =>
    content?.kind.case === "system" && content.kind.value.kind === kind ? [content.kind.value.parameters] : [],
  );
}

export async function logOf(clients: Clients): Promise<Entry[]> {
  return (await clients.buyer.listMessages({ pageSize: 500 })).entries;
}

// Seconds from now, as a request has them.
export function inSeconds(seconds: number): { seconds: bigint; nanos: number } {
  const ms = Date.now() + seconds * 1000;
  return { seconds: BigInt(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1_000_000 };
}

// So many lines of the kind, as the stream showed them; waits for the last of them.
export async function lines(stream: BuyerStream, kind: SystemLine_Kind, count: number): Promise<{ [name: string]: string }[]> {
  await stream.entry(() => linesOf(stream.entries(), kind).length >= count);
  return linesOf(stream.entries(), kind);
}
