import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { SessionSchema } from "../../../gen/kefu/gateway/v1/session_pb.js";
import type { Held } from "../../live/held.js";
import { sorted, urgency } from "./sorting.js";

// What the orders look at: the name, since when it is mine, since when the buyer waits.
const held = (name: string, assigned: number, waiting?: number) =>
  ({ session: create(SessionSchema, { buyerDisplayName: name, assignTime: timestampFromMs(assigned) }), waitingSince: waiting === undefined ? undefined : new Date(waiting) }) as Held;
const names = (all: readonly Held[]) => all.map(({ session }) => session.buyerDisplayName).join(" ");

test("a wait is amber after one minute and red after three", () => {
  const waits = [0, 59_999, 60_000, 179_999, 180_000].map(urgency);
  assert.deepEqual(waits, ["calm", "calm", "soon", "soon", "late"]);
});

test("who waits longest comes first, and who is answered comes last, the newest of them first", () => {
  const all = [held("answered", 1), held("newer", 2), held("waits", 3, 50), held("longest", 4, 20)];
  assert.equal(names(sorted(all, "waiting")), "longest waits newer answered");
});

test("the newest first, or by name", () => {
  const all = [held("b", 1), held("c", 3), held("a", 2)];
  assert.equal(names(sorted(all, "newest")), "c a b");
  assert.equal(names(sorted(all, "name")), "a b c");
});
