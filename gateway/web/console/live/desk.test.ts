import assert from "node:assert/strict";
import { test } from "node:test";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { EntrySchema, Sender_Kind } from "../../gen/kefu/common/v1/entry_pb.js";
import { AgentFrameSchema } from "../../gen/kefu/gateway/v1/agent_pb.js";
import { Session_State } from "../../gen/kefu/gateway/v1/session_pb.js";
import { Desk } from "./desk.js";

type Frame = NonNullable<MessageInitShape<typeof AgentFrameSchema>["frame"]>;

function desk(...frames: Frame[]): Desk {
  const made = new Desk({
    newRequestId: () => "r",
    send: () => new Promise(() => undefined),
    tellTyping: () => undefined,
    soon: (work) => work(),
  });
  for (const frame of frames) made.takeFrame(create(AgentFrameSchema, { frame }));
  return made;
}

const session = (n: number, version = 1n, life = 1) => ({ session: `s_${n}_${life}`, conversation: `c_${n}`, version, state: Session_State.ACTIVE });
const snapshot = (...sessions: ReturnType<typeof session>[]): Frame => ({ case: "snapshot", value: { agent: { agent: "a" }, sessions } });
const changed = (one: ReturnType<typeof session>, held: boolean): Frame => ({ case: "session", value: { session: one, held } });
const said = (seq: bigint, kind: Sender_Kind, ms: number): Frame => ({
  case: "entry",
  value: create(EntrySchema, {
    conversation: "c_1", seq, prevSeq: seq - 1n, sender: { kind }, createTime: timestampFromMs(ms),
    content: { kind: { case: "text", value: { body: "x" } } },
  }),
});

test("what is looked at stays when it is over, and goes when something else is", () => {
  const made = desk(snapshot(session(1), session(2)), changed(session(1, 2n), false), changed(session(2, 2n), false));
  assert.deepEqual(made.sessions.map(({ session: one, gone }) => [one.session, gone]), [["s_1_1", true]]);
  made.choose(undefined);
  assert.equal(made.sessions.length, 0);
});

test("a session that comes back begins anew; a later one of the same conversation takes its place", () => {
  const made = desk(snapshot(session(1)), changed(session(1, 2n), false), changed(session(1, 1n, 2), true));
  assert.deepEqual(made.sessions.map(({ session: one, gone }) => [one.session, gone]), [["s_1_2", false]]);
  made.takeFrame(create(AgentFrameSchema, { frame: changed(session(1, 9n), false) }));
  assert.equal(made.sessions.length, 1);
});

test("the buyer waits from the first word that nobody answered; unread is what came since it was read", () => {
  const made = desk(snapshot(session(1)), said(1n, Sender_Kind.BUYER, 1_000), said(2n, Sender_Kind.AGENT, 2_000));
  const held = made.sessions[0]!;
  const since = () => held.waitingSince?.getTime();
  assert.equal(since(), undefined);
  made.takeFrame(create(AgentFrameSchema, { frame: said(3n, Sender_Kind.BUYER, 3_000) }));
  made.takeFrame(create(AgentFrameSchema, { frame: said(4n, Sender_Kind.BUYER, 4_000) }));
  assert.equal(since(), 3_000);
  assert.equal(held.unread, 3);
  const marks: Frame = { case: "marks", value: { conversation: "c_1", participant: "a", readSeq: 3n } };
  made.takeFrame(create(AgentFrameSchema, { frame: marks }));
  assert.equal(held.unread, 1);
});

test("a message on its way is settled when it comes back", () => {
  const made = desk(snapshot(session(1)));
  const held = made.sessions[0]!;
  held.outbox.add({ body: "hello", note: false });
  assert.equal(held.outbox.messages.length, 1);
  const value = create(EntrySchema, { conversation: "c_1", seq: 1n, requestId: "r", sender: { kind: Sender_Kind.AGENT } });
  made.takeFrame(create(AgentFrameSchema, { frame: { case: "entry", value } }));
  assert.equal(held.outbox.messages.length, 0);
});

test("what is offered is not among mine until it is accepted, and then it is looked at", () => {
  const offered = { ...session(2), state: Session_State.OFFERED };
  const made = desk(snapshot(session(1)), changed(offered, true));
  assert.deepEqual([made.sessions.length, made.offers.length, made.current?.view.conversation], [1, 1, "c_1"]);
  made.takeFrame(create(AgentFrameSchema, { frame: changed(session(2, 2n), true) }));
  assert.deepEqual([made.sessions.length, made.offers.length, made.current?.view.conversation], [2, 0, "c_2"]);
});

test("what a colleague asks about is read for as long as the consult goes on, and is not among mine", () => {
  const consult = { consult: "k", session: "s_1_1", conversation: "c_1", asker: "b", agent: "a" };
  const made = desk(snapshot(), { case: "consult", value: consult }, said(1n, Sender_Kind.BUYER, 1_000));
  assert.deepEqual([made.asked.length, made.aside("c_1")?.entries.length, made.sessions.length], [1, 1, 0]);
  made.takeFrame(create(AgentFrameSchema, { frame: { case: "consult", value: { ...consult, ended: true } } }));
  assert.deepEqual([made.asked.length, made.aside("c_1")], [0, undefined]);
});

test("in what I ask of a colleague I am not the one who is asked", () => {
  const made = desk(snapshot(session(1)), { case: "consult", value: { consult: "k", conversation: "c_1", asker: "a", agent: "b" } });
  assert.deepEqual([made.consults.length, made.asked.length], [1, 0]);
});

test("the queue's oldest wait is known until nobody waits, and not after a new snapshot", () => {
  const queue = (waiting: number, ms?: number): Frame => ({
    case: "queue", value: { waiting, ...(ms === undefined ? {} : { oldestEnqueueTime: timestampFromMs(ms) }) },
  });
  const made = desk(snapshot(), queue(2, 5_000));
  assert.equal(made.oldest?.getTime(), 5_000);
  made.takeFrame(create(AgentFrameSchema, { frame: queue(0) }));
  assert.equal(made.oldest, undefined);
  for (const frame of [queue(1, 6_000), snapshot()]) made.takeFrame(create(AgentFrameSchema, { frame }));
  assert.equal(made.oldest, undefined);
});

test("I worked when I answered or a session of mine ended, not when others write", () => {
  const mine = (seq: bigint, id: string, ms: number): Frame => ({
    case: "entry",
    value: create(EntrySchema, {
      conversation: "c_1", seq, prevSeq: seq - 1n, sender: { kind: Sender_Kind.AGENT, id }, createTime: timestampFromMs(ms),
      content: { kind: { case: "text", value: { body: "x" } } },
    }),
  });
  const made = desk(snapshot(session(1)), said(1n, Sender_Kind.BUYER, 1_000), mine(2n, "b", 2_000));
  assert.equal(made.worked, 0);
  made.takeFrame(create(AgentFrameSchema, { frame: mine(3n, "a", 3_000) }));
  assert.equal(made.worked, 3_000);
  made.takeFrame(create(AgentFrameSchema, { frame: changed({ ...session(1, 2n), state: Session_State.WRAP }, true) }));
  assert.ok(made.worked > 3_000);
});

test("a feed that began anew further on is followed from there", () => {
  const made = desk(snapshot(session(1)), said(1n, Sender_Kind.BUYER, 1_000));
  const value = create(EntrySchema, { conversation: "c_1", seq: 9n, prevSeq: 8n, sender: { kind: Sender_Kind.BUYER } });
  made.takeFrame(create(AgentFrameSchema, { frame: { case: "entry", value } }));
  assert.deepEqual(made.sessions[0]!.view.entries.map(({ seq }) => seq), [9n]);
});
