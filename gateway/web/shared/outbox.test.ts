import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { Outbox } from "./outbox.js";

// An outbox over a server that answers each attempt with the next of `answers`, then with success.
function outbox(answers: (Error | undefined)[], attempts = 3) {
  const sent: string[] = [];
  let ids = 0;
  let wake: () => void = () => undefined;
  const box = new Outbox<string>({
    send: async (payload, requestId) => {
      sent.push(`${requestId} ${payload}`);
      const answer = answers.shift();
      if (answer) throw answer;
    },
    onChange: () => wake(),
    newRequestId: () => `id-${(ids += 1)}`,
    attempts,
    pause: async () => undefined,
  });
  const until = (condition: () => boolean) =>
    new Promise<void>((resolve) => {
      wake = () => {
        if (condition()) resolve();
      };
      wake();
    });
  const states = () => box.messages.map((message) => message.state);
  return { box, sent, until, states };
}

const unavailable = () => new ConnectError("try again", Code.Unavailable);
const refused = () => new ConnectError("too long", Code.InvalidArgument);

test("messages go out one after the other, in order", async () => {
  const { box, sent, until, states } = outbox([]);
  box.add("a");
  box.add("b");
  await until(() => states().join() === "acknowledged,acknowledged");
  assert.deepEqual(sent, ["id-1 a", "id-2 b"]);
});

test("an unknown outcome is tried again under the same request id", async () => {
  const { box, sent, until, states } = outbox([unavailable(), unavailable()]);
  box.add("a");
  await until(() => states()[0] === "acknowledged");
  assert.deepEqual(sent, ["id-1 a", "id-1 a", "id-1 a"]);
});

test("a refusal is not tried again, and holds back what comes after it", async () => {
  const { box, sent, until, states } = outbox([refused()]);
  box.add("a");
  box.add("b");
  await until(() => states()[0] === "failed");
  assert.deepEqual(states(), ["failed", "sending"]);
  assert.deepEqual(sent, ["id-1 a"]);
});

test("a failed message goes out under its old request id when the person asks for it", async () => {
  const { box, sent, until, states } = outbox([unavailable(), unavailable(), unavailable()]);
  box.add("a");
  await until(() => states()[0] === "failed");
  box.retry("id-1");
  await until(() => states()[0] === "acknowledged");
  assert.equal(sent.length, 4);
  assert.ok(sent.every((line) => line === "id-1 a"));
});

test("a discarded message lets the next ones go", async () => {
  const { box, sent, until, states } = outbox([refused()]);
  box.add("a");
  box.add("b");
  await until(() => states()[0] === "failed");
  box.discard("id-1");
  await until(() => states()[0] === "acknowledged");
  assert.deepEqual(sent, ["id-1 a", "id-2 b"]);
});

test("what has come back on the stream leaves the outbox", async () => {
  const { box, until, states } = outbox([]);
  box.add("a");
  await until(() => states()[0] === "acknowledged");
  box.settle((requestId) => requestId === "id-1");
  assert.deepEqual(box.messages, []);
});

test("messages of an earlier page go out first, under their old request ids", async () => {
  const { box, sent, until, states } = outbox([]);
  box.restore([
    { requestId: "old-1", payload: "a", state: "sending" },
    { requestId: "old-2", payload: "b", state: "sending" },
  ]);
  box.add("c");
  await until(() => states().join() === "acknowledged,acknowledged,acknowledged");
  assert.deepEqual(sent, ["old-1 a", "old-2 b", "id-1 c"]);
});
