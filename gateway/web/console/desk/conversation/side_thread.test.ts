import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { EntrySchema, Sender_Kind } from "../../../gen/kefu/common/v1/entry_pb.js";
import { buyerIn, questionIn } from "./side_thread.js";

const note = (consult: string, body: string) =>
  create(EntrySchema, { sender: { kind: Sender_Kind.AGENT }, content: { kind: { case: "note", value: { body, consult } } } });
const said = (displayName: string, id = "b") => create(EntrySchema, { sender: { kind: Sender_Kind.BUYER, id, displayName } });

test("a consult begins with its question, whatever else is noted", () => {
  const entries = [note("", "aside"), note("k1", "first"), note("k2", "other"), note("k1", "answer")];
  assert.equal(questionIn(entries, "k2")?.content?.kind.value, entries[2]!.content!.kind.value);
  assert.equal(questionIn(entries, "k1"), entries[1]);
  assert.equal(questionIn(entries, "k3"), undefined);
});

test("the buyer is called as beside the last words, else by the end of the id", () => {
  const say = () => "Buyer";
  assert.equal(buyerIn(say, [said("old"), said("new"), note("k", "x")]), "new");
  assert.equal(buyerIn(say, [said("old"), said("", "b_123456789")]), "Buyer 456789");
  assert.equal(buyerIn(say, []), "Buyer");
});
