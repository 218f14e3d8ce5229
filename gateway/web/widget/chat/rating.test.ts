import assert from "node:assert/strict";
import { test } from "node:test";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { ContentSchema, EntrySchema, Sender_Kind, SystemLine_Kind } from "../../gen/kefu/common/v1/entry_pb.js";
import { ratedOf } from "./rating.js";

const ended = { is: "ended", session: "s1", left: false } as const;
const hour = 3600 * 1000;

function entry(by: Sender_Kind, kind: MessageInitShape<typeof ContentSchema>["kind"], session = "s1") {
  return create(EntrySchema, { session, sender: { kind: by }, createTime: timestampFromMs(0), content: { kind } });
}
const asks = entry(Sender_Kind.BUYER, { case: "text", value: { body: "?" } });
const answers = entry(Sender_Kind.AGENT, { case: "text", value: { body: "!" } });
const ends = entry(Sender_Kind.SYSTEM, { case: "system", value: { kind: SystemLine_Kind.SESSION_CLOSED } });
const rates = (stars: number, session = "s1") => entry(Sender_Kind.BUYER, { case: "rating", value: { stars } }, session);

test("who was answered is asked for a day after the end", () => {
  assert.deepEqual(ratedOf(ended, [asks, answers, ends], hour), { is: "due" });
  assert.deepEqual(ratedOf(ended, [asks, answers, ends], 25 * hour), { is: "none" });
  assert.deepEqual(ratedOf(ended, [asks, answers], hour), { is: "none" });
  assert.deepEqual(ratedOf(ended, [asks, ends], hour), { is: "none" });
  assert.deepEqual(ratedOf({ is: "none" }, [asks, answers, ends], hour), { is: "none" });
});

test("the last rating of that session counts", () => {
  assert.deepEqual(ratedOf(ended, [asks, answers, ends, rates(2), rates(5)], 48 * hour), { is: "given", stars: 5 });
  assert.deepEqual(ratedOf(ended, [asks, answers, ends, rates(2, "s0")], hour), { is: "due" });
});
