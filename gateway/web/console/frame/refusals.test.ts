import assert from "node:assert/strict";
import { test } from "node:test";
import { refusalText } from "./refusals.js";

test("what the server says of a field is said in Chinese, with its numbers", () => {
  const said: readonly (readonly [string, string])[] = [
    ["must not be empty", "不能为空"],
    ["must have at most 64 bytes", "最多 64 个字节"],
    ["must have at most 16 elements", "最多 16 项"],
    ["must be 1 to 100000", "须在 1 到 100000 之间"],
    ["must be 0 to 1,000,000,000 seconds.", "须在 0 到 1,000,000,000 之间"],
    ["The capacity is 0 to 1000.", "须在 0 到 1000 之间"],
    ["must be 1 at least", "不能小于 1"],
    ["must be at most 5000.", "最大为 5000"],
    ["At most 1000000; 0 for no limit.", "最大为 1000000"],
    ["A weight is at most 1000.", "最大为 1000"],
    ["must be above 0, at most 100.", "须大于 0，最大为 100"],
    ["must be 1 to 50 lines of the order", "请选择 1 到 50 行商品"],
    ["The date stands here twice.", "重复了"],
    ["It leads back: a, b, a", "溢出形成循环：a, b, a"],
    ["must be 4 to 40 letters, digits and '-'", "须为 4 到 40 位字母、数字或 -"],
    ["Set a goal: service_level with target_s, max_asa_s, max_abandon_probability or max_occupancy.", "请至少填写一个目标"],
  ];
  for (const [description, words] of said) assert.equal(refusalText("zh", description), words);
  const id = refusalText("zh", "must be 2 to 32 of a-z, 0-9, '_' and '-', beginning with a letter or digit");
  assert.match(id, /^须为 2 到 32 位小写字母 a-z/);
});

test("what is not known is said as the server says it; English stays", () => {
  assert.equal(refusalText("zh", "must be blue"), "不符合要求：must be blue");
  assert.equal(refusalText("en", "must not be empty"), "must not be empty");
});
