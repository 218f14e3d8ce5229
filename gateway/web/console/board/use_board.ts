// The live board: told whenever something changed, followed for as long as it is shown.

import { Code } from "@connectrpc/connect";
import { useEffect, useState } from "react";
import type { Board, BoardFrame } from "../../gen/kefu/gateway/v1/board_pb.js";
import { follow, type FollowState } from "../../shared/follow.js";
import { problemOf, type Problem } from "../../shared/problem.js";
import { useApi } from "../frame/api.js";
import { followed, type Point } from "./recent.js";

export interface LiveBoard {
  readonly board: Board | undefined;
  readonly recent: readonly Point[];
  readonly link: FollowState;
  // What ended it for good.
  readonly problem: Problem | undefined;
}

export function useBoard(): LiveBoard {
  const { board: service } = useApi();
  const [board, setBoard] = useState<Board>();
  const [recent, setRecent] = useState<readonly Point[]>([]);
  const [link, setLink] = useState<FollowState>("connecting");
  const [problem, setProblem] = useState<Problem>();
  useEffect(() => {
    const life = new AbortController();
    follow<BoardFrame>(
      {
        open: (signal) => service.watchBoard({}, { signal, timeoutMs: 0 }),
        onFrame: ({ frame }) => {
          if (frame.case === "board") {
            const { value } = frame;
            setBoard(value);
            setRecent((points) => followed(points, value));
          }
          return frame.case === "goodbye" ? { reopenAfterMs: frame.value.reconnectAfterMs } : "continue";
        },
        onState: setLink,
        isFinal: ({ code }) => code === Code.Unauthenticated || code === Code.PermissionDenied,
      },
      life.signal,
    ).catch((error: unknown) => setProblem(problemOf(error)));
    return () => life.abort();
  }, [service]);
  return { board, recent, link, problem };
}
