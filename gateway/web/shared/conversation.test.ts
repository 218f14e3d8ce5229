import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { EntrySchema, MarksSchema, Sender_Kind, type Entry } from "../gen/kefu/common/v1/entry_pb.js";
import { ResyncSchema } from "../gen/kefu/gateway/v1/buyer_pb.js";
import { acceptOrFill, ConversationView } from "./conversation.js";

function entry(seq: number, prevSeq: number): Entry {
  return create(EntrySchema, { seq: BigInt(seq), prevSeq: BigInt(prevSeq), requestId: `request-${seq}` });
}

function seqs(view: ConversationView): number[] {
  return view.entries.map((one) => Number(one.seq));
}

test("entries that follow each other are added, over numbers this reader may not see", () => {
  const view = new ConversationView("c", true);
  assert.equal(view.accept(entry(1, 0)), "added");
  assert.equal(view.accept(entry(4, 1)), "added");
  assert.deepEqual(seqs(view), [1, 4]);
});

test("an entry the view has already is a duplicate and changes nothing", () => {
  const view = new ConversationView("c", true);
  view.accept(entry(1, 0));
  view.accept(entry(2, 1));
  assert.equal(view.accept(entry(1, 0)), "duplicate");
  assert.equal(view.accept(entry(2, 1)), "duplicate");
  assert.deepEqual(seqs(view), [1, 2]);
});

test("an entry after a missing one is a gap and is not added", () => {
  const view = new ConversationView("c", true);
  view.accept(entry(1, 0));
  assert.equal(view.accept(entry(3, 2)), "gap");
  assert.deepEqual(seqs(view), [1]);
});

test("a buyer's view that begins in the middle is a gap; an agent's is not", () => {
  assert.equal(new ConversationView("c", true).accept(entry(7, 6)), "gap");
  assert.equal(new ConversationView("c", false).accept(entry(7, 6)), "added");
});

test("a gap is filled page by page before the entry is taken", async () => {
  const log = [1, 2, 3, 4, 5].map((seq) => entry(seq, seq - 1));
  const view = new ConversationView("c", true);
  const asked: bigint[] = [];
  await acceptOrFill(view, entry(6, 5), async (after) => {
    asked.push(after);
    return log.filter((one) => one.seq > after).slice(0, 2);
  });
  assert.deepEqual(seqs(view), [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(asked, [0n, 2n, 4n]);
});

test("a gap that nothing fills is an error, not an endless loop", async () => {
  const view = new ConversationView("c", true);
  await assert.rejects(
    acceptOrFill(view, entry(3, 2), async () => []),
    /nothing follows 0/,
  );
});

test("a resync forgets what lies beyond what the store kept, and the token goes back with it", () => {
  const view = new ConversationView("c_x", true);
  view.storeEpoch = 1n;
  for (const seq of [1, 2, 3]) view.accept(entry(seq, seq - 1));
  view.resync(create(ResyncSchema, { storeEpoch: 2n, keepSeq: 1n, headSeq: 1n }));
  assert.deepEqual(seqs(view), [1]);
  const token = view.resumeToken();
  assert.deepEqual([token.storeEpoch, token.conversation, token.seq], [2n, "c_x", 1n]);
  assert.equal(view.hasRequest("request-3"), false);
  assert.equal(view.accept(entry(2, 1)), "added");
});

test("a tick shows the furthest mark of the other party and never goes back", () => {
  const view = new ConversationView("c", true);
  const mark = (party: Sender_Kind, delivered: number, read: number) =>
    view.move(create(MarksSchema, { party, deliveredSeq: BigInt(delivered), readSeq: BigInt(read) }));
  assert.equal(view.tick(2n, Sender_Kind.AGENT), "acknowledged");
  mark(Sender_Kind.BUYER, 9, 9);
  assert.equal(view.tick(2n, Sender_Kind.AGENT), "acknowledged");
  mark(Sender_Kind.AGENT, 2, 0);
  assert.equal(view.tick(2n, Sender_Kind.AGENT), "delivered");
  mark(Sender_Kind.AGENT, 3, 2);
  assert.equal(view.tick(2n, Sender_Kind.AGENT), "read");
  mark(Sender_Kind.AGENT, 1, 1);
  assert.equal(view.tick(2n, Sender_Kind.AGENT), "read");
  assert.equal(view.tick(3n, Sender_Kind.AGENT), "delivered");
});

test("an entry is known to be recalled once the recall is in the view", () => {
  const view = new ConversationView("c", true);
  view.accept(entry(1, 0));
  assert.equal(view.isRecalled(1n), false);
  view.accept(
    create(EntrySchema, { seq: 2n, prevSeq: 1n, content: { kind: { case: "recall", value: { recalledSeq: 1n } } } }),
  );
  assert.equal(view.isRecalled(1n), true);
});
