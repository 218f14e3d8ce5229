// Each promise is broken once, and the checker must say which.
import assert from "node:assert/strict";
import { describe as suite, test } from "node:test";

import { broken, check } from "./checker.js";
import { type HistoryRecord, type LogEntry, parseHistory } from "./record.js";
import type { Rule } from "./rules.js";

const conversation = "c_1";
const session = "s_1_1";

const entries: LogEntry[] = [
  { seq: 1, client_id: "b1", session, sender: "buyer:b_1", buyer_visible: true },
  { seq: 2, client_id: "", session, sender: "system", buyer_visible: true, joined: "a_1" },
  { seq: 3, client_id: "n1", session, sender: "agent:a_1", buyer_visible: false },
  { seq: 4, client_id: "a1", session, sender: "agent:a_1", buyer_visible: true },
  { seq: 5, client_id: "b2", session, sender: "buyer:b_1", buyer_visible: true },
];

function write(process: string, client_id: string, seq: number, time: number): HistoryRecord {
  const op = client_id === "b1" ? "open" : "send";
  return { process, op, conversation, client_id, seq, t_invoke: time, t_return: time + 5, result: "ok", epoch: 1 };
}

function listing(process: string, op: "read" | "view", audience: "buyer" | "staff", time: number): HistoryRecord {
  const seen = entries.filter((entry) => audience === "staff" || entry.buyer_visible);
  return {
    process,
    op,
    audience,
    conversation,
    t_invoke: time,
    t_return: time + 5,
    result: "ok",
    epoch: 1,
    seqs: seen.map((entry) => entry.seq),
    client_ids: seen.map((entry) => entry.client_id),
    complete: true,
  };
}

// A history in which every promise is kept. Tests change what they break.
function good() {
  const first = write("buyer-1", "b1", 1, 10);
  const own: HistoryRecord = {
    process: "agent-1", op: "own", conversation, session, fence: 1, event: "held", t_invoke: 20, t_return: 20,
  };
  const note = write("agent-1", "n1", 3, 30);
  const answer = write("agent-1", "a1", 4, 40);
  const second = write("buyer-1", "b2", 5, 50);
  const refused: HistoryRecord = { ...write("buyer-1", "b3", 0, 60), seq: undefined, result: "fail", reason: "SESSION_CLOSED" };
  const unknown: HistoryRecord = { ...write("buyer-1", "b4", 0, 70), seq: undefined, result: "unknown" };
  const load: HistoryRecord = { process: "agent-1", op: "load", agent: "a_1", used: 20, capacity: 20, t_invoke: 25, t_return: 25 };
  const staff = { ...listing("supervisor-1", "read", "staff", 100), entries: entries.map((entry) => ({ ...entry })) };
  const buyer = listing("buyer-1", "read", "buyer", 110);
  const buyerView = listing("buyer-1", "view", "buyer", 120);
  const agentView = { ...listing("agent-1", "view", "staff", 130), session };
  const routed: HistoryRecord = { process: "supervisor-1", op: "routed", conversation, session, agent: "a_1", t_invoke: 105, t_return: 105 };
  const counted: HistoryRecord = { ...load, process: "supervisor-1", held: 20, t_invoke: 105, t_return: 105 };
  const named = { first, own, note, answer, second, refused, unknown, load, staff, buyer, buyerView, agentView, routed, counted };
  return { ...named, all: () => Object.values(named) as HistoryRecord[] };
}

function breaks(rule: Rule, change: (history: ReturnType<typeof good>) => HistoryRecord[] | void): void {
  test(`${rule} is found broken`, () => {
    const history = good();
    const records = change(history) ?? history.all();
    assert.ok(broken(check(records)).has(rule), JSON.stringify(check(records).violations));
  });
}

function insert(reading: HistoryRecord, index: number, seq: number, client_id: string): void {
  reading.seqs!.splice(index, 0, seq);
  reading.client_ids!.splice(index, 0, client_id);
}

function remove(reading: HistoryRecord, index: number): void {
  reading.seqs!.splice(index, 1);
  reading.client_ids!.splice(index, 1);
}

suite("the history checker", () => {
  test("a history in which every promise is kept has no violation and is counted", () => {
    const verdict = check(good().all());
    assert.deepEqual(verdict.violations, []);
    assert.equal(verdict.ok, 4);
    assert.equal(verdict.fail, 1);
    assert.equal(verdict.unknown, 1);
    assert.equal(verdict.views, 2);
    assert.equal(verdict.ownerships, 1);
  });

  test("an unknown write may be stored once", () => {
    const history = good();
    for (const record of [history.staff, history.buyer, history.buyerView, history.agentView]) {
      insert(record, record.seqs!.length, 6, "b4");
    }
    history.staff.entries.push({ seq: 6, client_id: "b4", session, sender: "buyer:b_1", buyer_visible: true });
    assert.deepEqual(check(history.all()).violations, []);
  });

  test("a line that is no record is refused, not skipped", () => {
    assert.throws(() => parseHistory('{"process":"a"}\n{"process"\n'), /line 2/);
    assert.throws(() => check([{ process: "a", op: "send", conversation, t_invoke: 1, t_return: 2 }]), /without client_id/);
  });

  breaks("log-known", (history) => history.all().filter((record) => record !== history.staff));
  breaks("log-known", (history) => history.all().filter((record) => record !== history.buyer));

  breaks("ok-stored-once", ({ staff }) => remove(staff, 4));
  breaks("ok-stored-once", ({ staff }) => insert(staff, 5, 6, "b2"));
  breaks("ok-stored-once", ({ answer }) => void (answer.seq = 6));

  breaks("fail-absent", ({ staff }) => insert(staff, 5, 6, "b3"));

  breaks("unknown-at-most-once", ({ staff }) => {
    insert(staff, 5, 6, "b4");
    insert(staff, 6, 7, "b4");
  });

  breaks("contiguous", ({ staff }) => remove(staff, 1));
  breaks("contiguous", ({ staff }) => insert(staff, 5, 5, "b9"));
  breaks("contiguous", ({ staff }) => remove(staff, 0));

  // a1 (seq 4) returned before b2 (seq 5) began; now their places are exchanged in time.
  breaks("real-time-order", ({ answer, second }) => {
    answer.t_invoke = 200;
    answer.t_return = 205;
    second.t_invoke = 100;
    second.t_return = 105;
  });

  breaks("sender-order", ({ note, answer }) => {
    note.t_invoke = 41;
    note.t_return = 44;
    answer.t_invoke = 40;
    answer.t_return = 45;
  });

  breaks("read-is-prefix", (history) => {
    const early = { ...listing("buyer-1", "read", "buyer", 80), seqs: [1, 4], client_ids: ["b1", "a1"] };
    return [...history.all(), early];
  });

  breaks("reads-monotonic", (history) => {
    const early = listing("buyer-1", "read", "buyer", 80);
    insert(early, 4, 6, "b4");
    return [...history.all(), early];
  });

  breaks("audiences-agree", ({ buyer }) => insert(buyer, 2, 3, "n1"));
  breaks("audiences-agree", ({ buyer }) => remove(buyer, 2));
  breaks("audiences-agree", ({ buyer }) => void (buyer.client_ids![0] = "another"));

  breaks("view-equals-log", ({ buyerView }) => remove(buyerView, 0));
  breaks("view-equals-log", ({ buyerView }) => remove(buyerView, 1));
  breaks("view-equals-log", ({ buyerView }) => remove(buyerView, 3));
  breaks("view-equals-log", ({ buyerView }) => insert(buyerView, 3, 4, "a1"));
  breaks("view-equals-log", ({ buyerView }) => void buyerView.seqs!.reverse());
  breaks("view-equals-log", ({ buyerView }) => void (buyerView.client_ids![0] = "lost-tail"));
  breaks("view-equals-log", ({ agentView }) => remove(agentView, 0));
  breaks("view-equals-log", ({ agentView }) => remove(agentView, 4));
  breaks("view-equals-log", ({ buyerView }) => {
    buyerView.seqs = [];
    buyerView.client_ids = [];
  });

  test("an agent who gave the session away need not see its end", () => {
    const history = good();
    history.agentView.complete = false;
    remove(history.agentView, 4);
    assert.deepEqual(check(history.all()).violations, []);
  });

  test("a view that ended before the store lost its tail is not judged, one that went on is", () => {
    const history = good();
    for (const reading of [history.staff, history.buyer]) reading.epoch = 2;
    history.agentView.complete = false;
    history.agentView.client_ids![4] = "lost";
    assert.deepEqual(check(history.all()).violations, []);
    history.buyerView.client_ids![3] = "lost";
    assert.ok(broken(check(history.all())).has("view-equals-log"));
  });

  breaks("former-owner-silent", ({ staff }) => void (staff.entries[3]!.sender = "agent:a_2"));
  breaks("former-owner-silent", ({ staff }) => void (staff.entries[1]!.joined = undefined));

  breaks("one-owner-per-fence", (history) => [...history.all(), { ...history.own, process: "agent-2" }]);
  breaks("owner-fence-rises", (history) => [...history.all(), { ...history.own, fence: 0 }]);
  breaks("owner-fence-rises", (history) => [{ ...history.own, fence: 2 }, ...history.all()]);

  breaks("load-within-capacity", ({ load }) => void (load.used = 40));

  breaks("load-is-what-is-held", ({ counted }) => void (counted.held = 0));

  breaks("stores-agree", ({ routed }) => void (routed.agent = "a_2"));
  breaks("stores-agree", ({ staff }) => void (staff.entries[1]!.joined = undefined));

  breaks("one-shop", (history) => [
    ...history.all().map((record) => ({ ...record, shop: "one" })),
    { ...history.own, process: "agent-9", fence: 2, shop: "two" },
  ]);
});
