// What kefu promises of a conversation (GUARANTEES, "History checker"), one function a rule. Pure.
import { type Conversation, type Reading, type View, type Write, finalLog } from "./log.js";
import type { Audience, HistoryRecord } from "./record.js";

export type Rule =
  | "log-known"
  | "ok-stored-once"
  | "fail-absent"
  | "unknown-at-most-once"
  | "contiguous"
  | "real-time-order"
  | "sender-order"
  | "read-is-prefix"
  | "reads-monotonic"
  | "audiences-agree"
  | "view-equals-log"
  | "former-owner-silent"
  | "stores-agree"
  | "one-owner-per-fence"
  | "owner-fence-rises"
  | "load-within-capacity"
  | "load-is-what-is-held"
  | "one-shop";

export interface Violation {
  rule: Rule;
  // The conversation, session or agent concerned.
  subject: string;
  message: string;
}

type ConversationRule = (conversation: Conversation) => Violation[];

function violation(rule: Rule, subject: string, message: string): Violation {
  return { rule, subject, message };
}

// Without a reading of the log nothing about it is shown.
const logKnown: ConversationRule = ({ id, ...rest }) => {
  const missing = (["staff", "buyer"] as Audience[]).filter(
    (audience) =>
      (rest.writes.length > 0 || rest.views.some((view) => view.audience === audience)) &&
      finalLog({ id, ...rest }, audience) === undefined,
  );
  return missing.map((audience) => violation("log-known", id, `nobody read the log as ${audience}`));
};

const okStoredOnce: ConversationRule = (conversation) =>
  judgeWrites(conversation, "ok", (write, places) => {
    const [place, ...more] = places;
    if (place === undefined) return ["ok-stored-once", `acknowledged at ${write.seq}, but not in the log`];
    if (more.length > 0) return ["ok-stored-once", `stored ${places.length} times: ${places.join(", ")}`];
    if (place !== write.seq) return ["ok-stored-once", `acknowledged at ${write.seq}, stored at ${place}`];
    return undefined;
  });

const failAbsent: ConversationRule = (conversation) =>
  judgeWrites(conversation, "fail", (_, places) =>
    places.length > 0 ? ["fail-absent", `refused, but stored at ${places.join(", ")}`] : undefined,
  );

const unknownAtMostOnce: ConversationRule = (conversation) =>
  judgeWrites(conversation, "unknown", (_, places) =>
    places.length > 1 ? ["unknown-at-most-once", `stored ${places.length} times: ${places.join(", ")}`] : undefined,
  );

function judgeWrites(
  conversation: Conversation,
  result: Write["result"],
  judge: (write: Write, places: number[]) => [Rule, string] | undefined,
): Violation[] {
  const log = finalLog(conversation, "staff");
  if (log === undefined) return [];
  const places = placesOf(log);
  return conversation.writes
    .filter((write) => write.result === result)
    .flatMap((write) => {
      const verdict = judge(write, places.get(write.client_id) ?? []);
      return verdict ? [violation(verdict[0], conversation.id, `${write.process} ${write.client_id}: ${verdict[1]}`)] : [];
    });
}

function placesOf(log: Reading): Map<string, number[]> {
  const places = new Map<string, number[]>();
  log.client_ids.forEach((id, index) => {
    if (id !== "") places.set(id, [...(places.get(id) ?? []), log.seqs[index]!]);
  });
  return places;
}

const contiguous: ConversationRule = (conversation) => {
  const log = finalLog(conversation, "staff");
  const wrong = log?.seqs.findIndex((seq, index) => seq !== index + 1) ?? -1;
  if (wrong < 0) return [];
  return [violation("contiguous", conversation.id, `entry ${wrong + 1} of the log has seq ${log!.seqs[wrong]}`)];
};

// A returned before B was invoked, so A's place is before B's.
const realTimeOrder: ConversationRule = (conversation) => {
  const stored = acknowledged(conversation);
  const byReturn = [...stored].sort((a, b) => a.t_return - b.t_return);
  let returned = 0;
  let last: (Write & { seq: number }) | undefined;
  return stored.flatMap((write) => {
    for (; returned < byReturn.length && byReturn[returned]!.t_return < write.t_invoke; ++returned) {
      const earlier = byReturn[returned]!;
      if (last === undefined || earlier.seq > last.seq) last = earlier;
    }
    if (last === undefined || last.seq < write.seq) return [];
    return [
      violation(
        "real-time-order",
        conversation.id,
        `${last.client_id} returned before ${write.client_id} began, but has ${last.seq}, not below ${write.seq}`,
      ),
    ];
  });
};

const senderOrder: ConversationRule = (conversation) => {
  const last = new Map<string, Write & { seq: number }>();
  return acknowledged(conversation).flatMap((write) => {
    const before = last.get(write.process);
    last.set(write.process, write);
    if (before === undefined || before.seq < write.seq) return [];
    return [
      violation(
        "sender-order",
        conversation.id,
        `${write.process} sent ${before.client_id} (${before.seq}) before ${write.client_id} (${write.seq})`,
      ),
    ];
  });
};

function acknowledged(conversation: Conversation): (Write & { seq: number })[] {
  return conversation.writes.filter((write): write is Write & { seq: number } => write.result === "ok");
}

const readIsPrefix: ConversationRule = (conversation) =>
  conversation.readings.flatMap((reading) => {
    const log = finalLog(conversation, reading.audience)!;
    const wrong = firstDifference(reading, log, 0);
    if (wrong === undefined) return [];
    return [violation("read-is-prefix", conversation.id, `${reading.process} read ${wrong}`)];
  });

const readsMonotonic: ConversationRule = (conversation) => {
  const longest = new Map<string, Reading>();
  return [...conversation.readings]
    .sort((a, b) => a.t_return - b.t_return)
    .flatMap((reading) => {
      const before = longest.get(reading.process);
      longest.set(reading.process, reading);
      if (before === undefined || before.t_return > reading.t_invoke) return [];
      if (reading.seqs.length >= before.seqs.length) return [];
      return [
        violation(
          "reads-monotonic",
          conversation.id,
          `${reading.process} read ${before.seqs.length} entries, later ${reading.seqs.length}`,
        ),
      ];
    });
};

// What the buyer reads is what the staff reads less what is hidden from buyers.
const audiencesAgree: ConversationRule = (conversation) => {
  const staff = finalLog(conversation, "staff");
  const buyer = finalLog(conversation, "buyer");
  if (staff === undefined || buyer === undefined) return [];
  const known = new Map(staff.seqs.map((seq, index) => [seq, staff.client_ids[index]]));
  const foreign = buyer.seqs.filter((seq, index) => known.get(seq) !== buyer.client_ids[index]);
  const hidden = staff.entries?.filter((entry) => !entry.buyer_visible && buyer.seqs.includes(entry.seq)) ?? [];
  const missing = staff.entries?.filter((entry) => entry.buyer_visible && !buyer.seqs.includes(entry.seq)) ?? [];
  const complain = (what: string, seqs: number[]) =>
    seqs.length === 0 ? [] : [violation("audiences-agree", conversation.id, `${what}: ${seqs.join(", ")}`)];
  return [
    ...complain("the buyer reads what is not in the log", foreign),
    ...complain("the buyer reads what is hidden from buyers", hidden.map((entry) => entry.seq)),
    ...complain("the buyer does not read", missing.map((entry) => entry.seq)),
  ];
};

const viewEqualsLog: ConversationRule = (conversation) =>
  conversation.views.flatMap((view) => {
    const log = finalLog(conversation, view.audience);
    if (log === undefined) return [];
    // It ended before the store lost its tail: nobody can take anything back from it.
    if (!view.complete && view.epoch < log.epoch) return [];
    const wrong = wrongView(view, log);
    if (wrong === undefined) return [];
    return [violation("view-equals-log", conversation.id, `the stream of ${view.process} delivered ${wrong}`)];
  });

function wrongView(view: View, log: Reading): string | undefined {
  const begin = beginOf(view, log);
  if (view.seqs.length === 0) {
    return view.complete && log.seqs.length > begin ? `nothing of ${log.seqs.length} entries` : undefined;
  }
  const difference = firstDifference(view, log, begin);
  if (difference !== undefined) return difference;
  const missing = log.seqs.slice(begin + view.seqs.length);
  return view.complete && missing.length > 0 ? `everything but ${missing.join(", ")} at the end` : undefined;
}

// A buyer's view begins with the first entry, an agent's with the first of the session, or earlier after a resync.
// Where the reader did not note the sessions, it may begin anywhere.
function beginOf(view: View, log: Reading): number {
  if (view.audience === "buyer") return 0;
  const first = view.seqs[0];
  const begin = first === undefined ? log.seqs.length : Math.max(0, log.seqs.indexOf(first));
  if (view.session === undefined || log.entries === undefined) return begin;
  const ofSession = log.entries.findIndex((entry) => entry.session === view.session);
  return ofSession < 0 ? begin : Math.min(begin, ofSession);
}

function firstDifference(
  seen: { seqs: number[]; client_ids: string[] },
  log: Reading,
  begin: number,
): string | undefined {
  const index = seen.seqs.findIndex(
    (seq, i) => seq !== log.seqs[begin + i] || seen.client_ids[i] !== log.client_ids[begin + i],
  );
  if (index < 0) return undefined;
  const found = `${seen.seqs[index]} "${seen.client_ids[index]}"`;
  const expected = log.seqs[begin + index];
  const wanted = expected === undefined ? "the end" : `${expected} "${log.client_ids[begin + index]}"`;
  return `${found} at position ${begin + index + 1}, where the log has ${wanted}`;
}

// After a line that says another agent joined, the former one adds nothing to the session.
const formerOwnerSilent: ConversationRule = (conversation) => {
  const owner = new Map<string, string>();
  return (finalLog(conversation, "staff")?.entries ?? []).flatMap((entry) => {
    if (entry.joined !== undefined) owner.set(entry.session, `agent:${entry.joined}`);
    const owned = owner.get(entry.session);
    if (!entry.sender.startsWith("agent:") || entry.sender === owned) return [];
    return [
      violation(
        "former-owner-silent",
        conversation.id,
        `entry ${entry.seq} of ${entry.session} is by ${entry.sender}, but ${owned ?? "nobody"} owns the session`,
      ),
    ];
  });
};

// Whom routing calls the owner in the end is the last one whom the log says to have joined.
const storesAgree: ConversationRule = (conversation) => {
  const owner = new Map<string, string>();
  for (const { session, joined } of finalLog(conversation, "staff")?.entries ?? []) {
    if (joined !== undefined) owner.set(session, joined);
  }
  return conversation.routed
    .filter(({ session, agent }) => agent !== "" && owner.get(session) !== agent)
    .map(({ session, agent }) =>
      violation("stores-agree", session, `routing says ${agent}, the log says ${owner.get(session) ?? "nobody"}`),
    );
};

export const conversationRules: ConversationRule[] = [
  logKnown,
  okStoredOnce,
  failAbsent,
  unknownAtMostOnce,
  contiguous,
  realTimeOrder,
  senderOrder,
  readIsPrefix,
  readsMonotonic,
  audiencesAgree,
  viewEqualsLog,
  formerOwnerSilent,
  storesAgree,
];

type HistoryRule = (records: readonly HistoryRecord[]) => Violation[];

// An ownership is one (session, fence); fences rise, so intervals of one session cannot overlap.
const onePerFence: HistoryRule = (records) => {
  const owners = new Map<string, string>();
  return held(records).flatMap(({ session, fence, process }) => {
    const key = `${session}#${fence}`;
    const owner = owners.get(key) ?? process;
    owners.set(key, owner);
    if (owner === process) return [];
    return [violation("one-owner-per-fence", session!, `${owner} and ${process} both own it under fence ${fence}`)];
  });
};

const fenceRises: HistoryRule = (records) => {
  const last = new Map<string, number>();
  return held(records).flatMap(({ session, fence, process }) => {
    const key = `${process} ${session}`;
    const before = last.get(key) ?? 0;
    last.set(key, Math.max(before, fence ?? 0));
    if (fence !== undefined && fence > 0 && fence >= before) return [];
    return [violation("owner-fence-rises", session!, `${process} holds it under fence ${fence} after ${before}`)];
  });
};

function held(records: readonly HistoryRecord[]): HistoryRecord[] {
  return records.filter((record) => record.op === "own" && record.event === "held");
}

const loadWithinCapacity: HistoryRule = (records) =>
  records
    .filter((record) => record.op === "load" && record.used! > record.capacity!)
    .map((record) =>
      violation("load-within-capacity", record.agent!, `carries ${record.used} of ${record.capacity}`),
    );

const loadIsWhatIsHeld: HistoryRule = (records) =>
  records
    .filter((record) => record.op === "load" && record.held !== undefined && record.used !== record.held)
    .map((record) =>
      violation("load-is-what-is-held", record.agent!, `counted as ${record.used}, but holds ${record.held}`),
    );

const oneShop: HistoryRule = (records) => {
  const shops = new Map<string, string>();
  return records.flatMap(({ conversation, shop, process }) => {
    if (conversation === undefined || shop === undefined) return [];
    const owner = shops.get(conversation) ?? shop;
    shops.set(conversation, owner);
    if (owner === shop) return [];
    return [violation("one-shop", conversation, `of ${owner}, but shown to ${process} of ${shop}`)];
  });
};

export const historyRules: HistoryRule[] = [onePerFence, fenceRises, loadWithinCapacity, loadIsWhatIsHeld, oneShop];
