import assert from "node:assert/strict";
import { test } from "node:test";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { EntrySchema, Sender_Kind, type ContentSchema } from "../../../gen/kefu/common/v1/entry_pb.js";
import { otherWriter } from "./collision.js";

type Kind = NonNullable<MessageInitShape<typeof ContentSchema>["kind"]>;

const text: Kind = { case: "text", value: { body: "x" } };
const note: Kind = { case: "note", value: { body: "x" } };
const aside: Kind = { case: "note", value: { body: "x", consult: "n_1" } };
const said = (id: string, ms: number, kind: Kind = text, by = Sender_Kind.AGENT) =>
  create(EntrySchema, { sender: { kind: by, id, displayName: `name of ${id}` }, createTime: timestampFromMs(ms), content: { kind } });
const since = timestampFromMs(1000);

test("a colleague's note after my last word is told, until I write again", () => {
  const entries = [said("me", 2000), said("boss", 3000, note)];
  assert.equal(otherWriter(entries, "me", since), "name of boss");
  assert.equal(otherWriter([...entries, said("me", 4000)], "me", since), undefined);
});

test("what was said before the session was mine is no collision, nor are buyers and side threads", () => {
  const entries = [said("before", 900), said("giver", 1000, note), said("b", 3000, text, Sender_Kind.BUYER), said("asked", 3500, aside)];
  assert.equal(otherWriter(entries, "me", since), undefined);
});
