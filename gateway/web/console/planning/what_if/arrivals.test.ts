import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Category } from "../../../gen/kefu/common/v1/entry_pb.js";
import { SessionRowSchema } from "../../../gen/kefu/records/v1/service_pb.js";
import { arrivalsOf } from "./arrivals.js";

const at = timestampFromMs;

test("who was served takes as long again; who left is as patient again; in the order of coming", () => {
  const rows = [
    create(SessionRowSchema, { session: "late", openTime: at(9_000), closeTime: at(21_500), category: Category.PRE_SALE }),
    create(SessionRowSchema, { session: "early", openTime: at(1_000), assignTime: at(4_000), closeTime: at(64_000) }),
  ];
  assert.deepEqual(arrivalsOf(rows), [
    { time: at(1_000), traits: {}, serviceS: 60 },
    { time: at(9_000), traits: { category: "pre_sale" }, patienceS: 12.5 },
  ]);
});

test("what is still open leaves its time to the assumptions", () => {
  const rows = [create(SessionRowSchema, { session: "open", openTime: at(0), assignTime: at(5) })];
  assert.deepEqual(arrivalsOf(rows), [{ time: at(0), traits: {} }]);
});
