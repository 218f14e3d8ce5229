// What went wrong in a call, as the pages see it: a code, the server's stable reason, its sentence, the fields that it is
// about, a retry delay.

import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../gen/google/rpc/error_details_pb.js";

export interface FieldProblem {
  // As the request's proto names it: "agent.display_name", "groups[2].relaxation[0].overflow_group".
  readonly field: string;
  readonly description: string;
}

export interface Problem {
  readonly code: Code;
  // UPPER_SNAKE_CASE, e.g. "SESSION_CLOSED"; empty if the server gave none.
  readonly reason: string;
  readonly message: string;
  readonly fields: readonly FieldProblem[];
  // 0 if the server named none.
  readonly retryDelayMs: number;
}

export function problemOf(error: unknown): Problem {
  // fetch() reports an unreachable server as a TypeError.
  const unreachable = error instanceof TypeError || (error instanceof ConnectError && error.cause instanceof TypeError);
  if (unreachable) {
    return { code: Code.Unavailable, reason: "UNREACHABLE", message: "The server cannot be reached.", fields: [], retryDelayMs: 0 };
  }
  const connect = ConnectError.from(error);
  const delay = connect.findDetails(RetryInfoSchema)[0]?.retryDelay;
  return {
    code: connect.code,
    reason: connect.findDetails(ErrorInfoSchema)[0]?.reason ?? "",
    message: connect.rawMessage,
    fields: connect.findDetails(BadRequestSchema).flatMap(({ fieldViolations }) =>
      fieldViolations.map(({ field, description }) => ({ field, description })),
    ),
    retryDelayMs: delay ? Number(delay.seconds) * 1000 + Math.round(delay.nanos / 1e6) : 0,
  };
}

// Worth another attempt with the same request id: the outcome is unknown, or the server asked to come back later.
export function isTransient(problem: Problem): boolean {
  switch (problem.code) {
    case Code.Unavailable:
    case Code.DeadlineExceeded:
      return true;
    case Code.ResourceExhausted:
      return problem.retryDelayMs > 0;
    default:
      return false;
  }
}
