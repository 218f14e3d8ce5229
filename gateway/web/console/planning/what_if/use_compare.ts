// A comparison that runs: how far it is, what came of it; it ends when nobody looks any more.

import type { MessageInitShape } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { useEffect, useRef, useState } from "react";
import { WhatIfService, type CompareRequestSchema, type Comparison } from "../../../gen/kefu/gateway/v1/what_if_pb.js";
import { useApi } from "../../frame/api.js";

export type CompareInit = Exclude<MessageInitShape<typeof CompareRequestSchema>, { $typeName: string }>;

interface Compare {
  // Resolves when it has ended or was stopped; rejects if it is refused.
  compare(request: (signal: AbortSignal) => Promise<CompareInit>): Promise<void>;
  stop(): void;
  // 0 to 100.
  readonly progress: number;
  readonly comparison: Comparison | undefined;
}

export function useCompare(): Compare {
  const { transport } = useApi();
  const [progress, setProgress] = useState(0);
  const [comparison, setComparison] = useState<Comparison>();
  const life = useRef<AbortController>(undefined);
  useEffect(() => () => life.current?.abort(), []);
  const compare: Compare["compare"] = async (request) => {
    const running = new AbortController();
    life.current = running;
    setProgress(0);
    try {
      for await (const { frame } of createClient(WhatIfService, transport).compare(await request(running.signal), { signal: running.signal, timeoutMs: 0 })) {
        if (frame.case === "progress") setProgress(Math.floor((100 * Number(frame.value.sessions)) / Math.max(1, Number(frame.value.ofSessions))));
        if (frame.case === "comparison") setComparison(frame.value);
      }
    } catch (error) {
      if (!running.signal.aborted) throw error;
    }
  };
  return { compare, stop: () => life.current?.abort(), progress, comparison };
}
