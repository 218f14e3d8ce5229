import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { EntrySchema, SystemLine_Kind } from "../../gen/kefu/common/v1/entry_pb.js";
import { BuyerSessionStateSchema } from "../../gen/kefu/gateway/v1/buyer_pb.js";
import { Session_State } from "../../gen/kefu/gateway/v1/session_pb.js";
import { afterEntry, afterState, nothing, openSession, standingOf } from "./standing.js";

const at = (state: Session_State, more = {}) => standingOf(create(BuyerSessionStateSchema, { session: "s_t_1", state, ...more }));

function line(kind: SystemLine_Kind, session = "s_t_1", parameters: Record<string, string> = {}) {
  return create(EntrySchema, { session, content: { kind: { case: "system", value: { kind, parameters } } } });
}

test("a session that waits, is kept, is served takes messages; an ended one does not", () => {
  assert.deepEqual(at(Session_State.OFFERED), { is: "waiting", session: "s_t_1", place: undefined });
  assert.equal(openSession(at(Session_State.WAITING, { parked: {} })), "s_t_1");
  assert.equal(at(Session_State.WAITING, { parked: {} }).is, "kept");
  assert.deepEqual(at(Session_State.ACTIVE, { agentDisplayName: "Li" }), { is: "served", session: "s_t_1", agent: "Li" });
  for (const state of [Session_State.WRAP, Session_State.CLOSED, Session_State.ABANDONED, Session_State.UNSPECIFIED]) {
    assert.equal(openSession(at(state)), "");
  }
});

test("the log alone may tell that a session has ended", () => {
  assert.equal(afterEntry(at(Session_State.ACTIVE), line(SystemLine_Kind.SESSION_CLOSED)).is, "ended");
  assert.equal(afterEntry(nothing, line(SystemLine_Kind.SESSION_CLOSED)).is, "ended");
});

test("the end of an earlier session, or another line, changes nothing", () => {
  const served = at(Session_State.ACTIVE);
  assert.equal(afterEntry(served, line(SystemLine_Kind.SESSION_CLOSED, "s_t_0")), served);
  assert.equal(afterEntry(served, line(SystemLine_Kind.AGENT_JOINED)), served);
});

test("of several sessions in the log the last one counts", () => {
  const first = afterEntry(nothing, line(SystemLine_Kind.SESSION_CLOSED, "s_t_9", { reason: "abandoned" }));
  const second = afterEntry(first, line(SystemLine_Kind.SESSION_CLOSED, "s_t_10", { reason: "solved" }));
  assert.deepEqual(second, { is: "ended", session: "s_t_10", left: false });
});

test("how a session ended is told by the log, whichever comes first", () => {
  const left = { is: "ended", session: "s_t_1", left: true };
  const closed = line(SystemLine_Kind.SESSION_CLOSED, "s_t_1", { reason: "abandoned" });
  const state = create(BuyerSessionStateSchema, { session: "s_t_1", state: Session_State.CLOSED });
  const waiting = at(Session_State.WAITING);
  assert.deepEqual(afterState(afterEntry(waiting, closed), state), left);
  assert.deepEqual(afterEntry(afterState(waiting, state), closed), left);
  assert.deepEqual(afterEntry(at(Session_State.ABANDONED), line(SystemLine_Kind.SESSION_CLOSED)), left);
  assert.equal(afterState(afterEntry(waiting, closed), create(BuyerSessionStateSchema, { session: "s_t_2", state: Session_State.WAITING })).is, "waiting");
});
