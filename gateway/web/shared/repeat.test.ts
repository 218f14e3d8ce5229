import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { repeat } from "./repeat.js";

function answering(answers: (Error | string)[]) {
  const asked: string[] = [];
  const call = async (requestId: string) => {
    asked.push(requestId);
    const answer = answers.shift();
    if (typeof answer !== "string") throw answer ?? new Error("no answer is left");
    return answer;
  };
  return { asked, call };
}

const pause = async () => undefined;
const unavailable = new ConnectError("later", Code.Unavailable);

test("an unknown outcome is asked for again under the same request id", async () => {
  const { asked, call } = answering([unavailable, unavailable, "done"]);
  assert.equal(await repeat("id", call, { pause }), "done");
  assert.deepEqual(asked, ["id", "id", "id"]);
});

test("a refusal is final, and so is the last attempt", async () => {
  const refused = answering([new ConnectError("no", Code.FailedPrecondition)]);
  await assert.rejects(repeat("id", refused.call, { pause }), /no/);
  assert.equal(refused.asked.length, 1);
  const down = answering([unavailable, unavailable]);
  await assert.rejects(repeat("id", down.call, { pause, attempts: 2 }), /later/);
});
