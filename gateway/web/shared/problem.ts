// What went wrong in a call, as the pages see it: a code, the server's stable reason, its sentence, a retry delay.

import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema, RetryInfoSchema } from "../gen/google/rpc/error_details_pb.js";

export interface Problem {
  readonly code: Code;
  // UPPER_SNAKE_CASE, e.g. "SESSION_CLOSED"; empty if the server gave none.
  readonly reason: string;
  readonly message: string;
  // 0 if the server named none.
  readonly retryDelayMs: number;
}

export function problemOf(error: unknown): Problem {
  // fetch() reports an unreachable server as a TypeError.
  const unreachable = error instanceof TypeError || (error instanceof ConnectError && error.cause instanceof TypeError);
  if (unreachable) {
    return { code: Code.Unavailable, reason: "UNREACHABLE", message: "The server cannot be reached.", retryDelayMs: 0 };
  }
  const connect = ConnectError.from(error);
  const delay = connect.findDetails(RetryInfoSchema)[0]?.retryDelay;
  return {
    code: connect.code,
    reason: connect.findDetails(ErrorInfoSchema)[0]?.reason ?? "",
    message: connect.rawMessage,
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
