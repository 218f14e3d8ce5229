import assert from "node:assert/strict";
import { test } from "node:test";
import { Session_State } from "../../../gen/kefu/gateway/v1/session_pb.js";
import type { Held } from "../../live/held.js";
import { all, pickedOf, toggled } from "./selection.js";

const held = (session: string, state = Session_State.ACTIVE, gone = false) => ({ session: { session, state }, gone }) as Held;

test("all are those that are in service: not what is wrapped up, not what is gone", () => {
  assert.deepEqual([...all([held("a"), held("b", Session_State.WRAP), held("c", Session_State.ACTIVE, true)])], ["a"]);
});

test("what was selected and is over is selected no more", () => {
  const selected = toggled(toggled(new Set(), "a"), "b");
  assert.deepEqual(pickedOf([held("a"), held("b", Session_State.CLOSED)], selected).map(({ session }) => session.session), ["a"]);
  assert.deepEqual([...toggled(selected, "a")], ["b"]);
});
