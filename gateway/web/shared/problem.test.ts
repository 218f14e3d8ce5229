import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../gen/google/rpc/error_details_pb.js";
import { isTransient, problemOf } from "./problem.js";

test("reason and retry delay come out of the error's details", () => {
  const error = new ConnectError("Slow down.", Code.ResourceExhausted, undefined, [
    { desc: ErrorInfoSchema, value: { reason: "RATE_LIMITED" } },
    { desc: RetryInfoSchema, value: { retryDelay: { seconds: 2n, nanos: 500_000_000 } } },
  ]);
  const problem = problemOf(error);
  assert.deepEqual(problem, {
    code: Code.ResourceExhausted,
    reason: "RATE_LIMITED",
    message: "Slow down.",
    fields: [],
    retryDelayMs: 2500,
  });
  assert.equal(isTransient(problem), true);
});

test("a server that cannot be reached is worth another attempt", () => {
  const fetchFailed = new TypeError("Failed to fetch");
  for (const error of [fetchFailed, new ConnectError("Failed to fetch", Code.Unknown, undefined, [], fetchFailed)]) {
    assert.equal(problemOf(error).reason, "UNREACHABLE");
    assert.equal(isTransient(problemOf(error)), true);
  }
});

test("a refusal is not worth another attempt", () => {
  for (const code of [Code.InvalidArgument, Code.FailedPrecondition, Code.AlreadyExists, Code.ResourceExhausted]) {
    assert.equal(isTransient(problemOf(new ConnectError("no", code))), false);
  }
});

test("a refusal names the fields that it is about", () => {
  const violation = { field: "agent.capacity", description: "The capacity is 0 to 1000." };
  const error = new ConnectError("no", Code.InvalidArgument, undefined, [
    { desc: BadRequestSchema, value: { fieldViolations: [violation] } },
  ]);
  assert.deepEqual(problemOf(error).fields, [violation]);
});
