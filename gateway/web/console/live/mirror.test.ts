import assert from "node:assert/strict";
import { test } from "node:test";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { EntrySchema, MarksSchema, Sender_Kind } from "../../gen/kefu/common/v1/entry_pb.js";
import { AgentFrameSchema } from "../../gen/kefu/gateway/v1/agent_pb.js";
import { Mirror } from "./mirror.js";

type Frame = NonNullable<MessageInitShape<typeof AgentFrameSchema>["frame"]>;

function told(...frames: Frame[]): Mirror {
  const mirror = new Mirror();
  for (const frame of frames) mirror.take(create(AgentFrameSchema, { frame }));
  return mirror;
}

const session = (n: number, version = 1n) => ({ session: `s_${n}_1`, conversation: `c_${n}`, version });
const snapshot = (...sessions: ReturnType<typeof session>[]): Frame => ({
  case: "snapshot",
  value: { agent: { agent: "a", version: 5n }, sessions, storeEpoch: 3n, waiting: 2 },
});
const changed = (one: ReturnType<typeof session>, held: boolean): Frame => ({ case: "session", value: { session: one, held } });
const entry = (conversation: string, seq: bigint, prevSeq = seq - 1n) => create(EntrySchema, { conversation, seq, prevSeq });
const cases = (mirror: Mirror) => mirror.replay().map(({ frame }) => frame.case);

test("before its first snapshot it says nothing", () => {
  assert.deepEqual(told({ case: "queue", value: { waiting: 3 } }).replay(), []);
});

test("it says again how things stand: sessions, entries in order, marks, the queue", () => {
  const queue = { waiting: 7, oldestEnqueueTime: timestampFromMs(1_000) };
  const mirror = told(snapshot(session(1)), changed(session(2), true), { case: "queue", value: queue });
  for (const seq of [4n, 5n]) mirror.view("c_1").accept(entry("c_1", seq));
  const marks = create(MarksSchema, { conversation: "c_1", party: Sender_Kind.BUYER, participant: "b", readSeq: 4n });
  for (const readSeq of [3n, 4n]) mirror.take(create(AgentFrameSchema, { frame: { case: "marks", value: { ...marks, readSeq } } }));
  assert.deepEqual(cases(mirror), ["snapshot", "entry", "entry", "marks", "queue"]);
  const first = mirror.replay()[0]!.frame;
  assert.ok(first.case === "snapshot");
  assert.deepEqual(first.value.sessions.map(({ session: name }) => name), ["s_1_1", "s_2_1"]);
  assert.equal(first.value.waiting, 7);
  const last = mirror.replay().at(-1)!.frame;
  assert.ok(last.case === "queue" && last.value.oldestEnqueueTime?.seconds === 1n);
});

test("a session that went takes its conversation with it, unless a consult still tells of it", () => {
  const mirror = told(snapshot(session(1), session(2)), { case: "consult", value: { consult: "k", conversation: "c_2" } });
  for (const name of ["c_1", "c_2"]) mirror.view(name).accept(entry(name, 1n));
  for (const n of [1, 2]) mirror.take(create(AgentFrameSchema, { frame: changed(session(n, 2n), false) }));
  assert.deepEqual(mirror.resumeTokens().map(({ conversation }) => conversation), ["c_2"]);
  mirror.take(create(AgentFrameSchema, { frame: { case: "consult", value: { consult: "k", conversation: "c_2", ended: true } } }));
  assert.deepEqual(mirror.resumeTokens(), []);
});

test("an older state of a session or of the agent changes nothing", () => {
  const mirror = told(snapshot(session(1, 9n)), changed(session(1, 8n), false), { case: "agent", value: { agent: "old", version: 4n } });
  assert.equal(mirror.sessions.length, 1);
  const first = mirror.replay()[0]!.frame;
  assert.ok(first.case === "snapshot" && first.value.agent?.agent === "a");
});
