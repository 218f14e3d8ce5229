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

test("the queue's longest wait is known until nobody waits", () => {
  const made = desk(snapshot(), { case: "queue", value: { waiting: 2, oldestEnqueueTime: timestampFromMs(5_000) } });
  assert.equal(made.oldest?.getTime(), 5_000);
  made.takeFrame(create(AgentFrameSchema, { frame: { case: "queue", value: { waiting: 0 } } }));
  assert.equal(made.oldest, undefined);
});

test("my answers and my sessions that end are work; what others say is not", () => {
  const made = desk(snapshot(session(1)));
  const mine = create(EntrySchema, { conversation: "c_1", seq: 1n, sender: { kind: Sender_Kind.AGENT, id: "a" } });
  made.takeFrame(create(AgentFrameSchema, { frame: { case: "entry", value: mine } }));
  made.takeFrame(create(AgentFrameSchema, { frame: said(2n, Sender_Kind.BUYER, 1_000) }));
  assert.equal(made.worked, 1);
  made.takeFrame(create(AgentFrameSchema, { frame: changed(session(1, 2n), false) }));
  assert.equal(made.worked, 2);
});

test("whoever is asked hears the conversation for as long as the consult goes on", () => {
  const consult = { consult: "k", session: "s_9_1", conversation: "c_1", agent: "a" };
  const made = desk(snapshot(), { case: "consult", value: consult }, said(1n, Sender_Kind.BUYER, 1_000));
  assert.deepEqual([made.asked.length, made.hears("c_1")?.entries.length, made.sessions.length], [1, 1, 0]);
  made.takeFrame(create(AgentFrameSchema, { frame: { case: "consult", value: { ...consult, ended: true } } }));
  assert.deepEqual([made.asked.length, made.hears("c_1")], [0, undefined]);
});
