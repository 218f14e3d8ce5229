import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { follow, type FollowOptions, type FrameResult } from "./follow.js";

// A server whose n-th stream yields the n-th script: frames, then an end or an error.
type Script = readonly (number | Error)[];

function scripted(scripts: Script[], overrides: Partial<FollowOptions<number>> = {}) {
  const stop = new AbortController();
  const frames: number[] = [];
  const pauses: number[] = [];
  const states: string[] = [];
  let opened = 0;
  const options: FollowOptions<number> = {
    async *open() {
      const script = scripts[opened];
      opened += 1;
      if (!script) {
        stop.abort();
        return;
      }
      for (const step of script) {
        if (step instanceof Error) throw step;
        yield step;
      }
    },
    onFrame: (frame): FrameResult => {
      frames.push(frame);
      return "continue";
    },
    onState: (state) => states.push(state),
    isFinal: (problem) => problem.code === Code.Unauthenticated,
    pause: async (ms) => {
      pauses.push(ms);
    },
    ...overrides,
  };
  return { options, stop, frames, pauses, states, opened: () => opened };
}

test("a stream that ends or breaks is opened again and its frames go on", async () => {
  const run = scripted([[1, 2], [new ConnectError("gone", Code.Unavailable)], [3]]);
  await follow(run.options, run.stop.signal);
  assert.deepEqual(run.frames, [1, 2, 3]);
  assert.equal(run.pauses.length, 3);
  assert.equal(run.opened(), 4);
});

test("attempts that bring nothing wait longer and longer; a frame makes the wait short again", async () => {
  const broken = new ConnectError("gone", Code.Unavailable);
  const run = scripted([[broken], [broken], [broken], [1, broken]]);
  await follow(run.options, run.stop.signal);
  const [first, , third, afterFrame] = run.pauses as [number, number, number, number];
  assert.ok(third >= first * 2, `${third} should be at least twice ${first}`);
  assert.ok(afterFrame <= 300, `${afterFrame} should be a first wait again`);
});

test("a final error ends following and is thrown", async () => {
  const run = scripted([[1, new ConnectError("token expired", Code.Unauthenticated)]]);
  await assert.rejects(follow(run.options, run.stop.signal), /token expired/);
  assert.equal(run.opened(), 1);
});

test("a frame may ask for a new stream after a delay of its own", async () => {
  const run = scripted([[1, 99], [2]], {
    onFrame: (frame) => (frame === 1 ? { reopenAfterMs: 1234 } : "continue"),
  });
  await follow(run.options, run.stop.signal);
  assert.equal(run.pauses[0], 1234);
});

test("a stream that falls silent is given up and opened again", async () => {
  let opened = 0;
  const stop = new AbortController();
  await follow<number>(
    {
      open: async function* (signal) {
        opened += 1;
        if (opened === 2) stop.abort();
        signal.throwIfAborted();
        yield 1;
        await new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));
      },
      onFrame: () => "continue",
      isFinal: () => false,
      silenceMs: 20,
      pause: async () => undefined,
    },
    stop.signal,
  );
  assert.equal(opened, 2);
});

test("the states told are connecting, live, waiting", async () => {
  const run = scripted([[1]]);
  await follow(run.options, run.stop.signal);
  assert.deepEqual(run.states.slice(0, 3), ["connecting", "live", "waiting"]);
});
