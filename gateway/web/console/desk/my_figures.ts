// My figures of today, from the records: read when the desk opens, and some seconds after what they are made of has
// changed, for the records follow the conversations.

import { createClient } from "@connectrpc/connect";
import { useEffect, useMemo, useState } from "react";
import { RecordService, type GetFiguresResponse_Row } from "../../gen/kefu/records/v1/service_pb.js";
import { dayOf } from "../figures/days.js";
import { useApi } from "../frame/api.js";
import { useLoad, type Loaded } from "../frame/load.js";

const settledAfterMs = 4000;

// The row is absent on a day on which nothing has happened yet.
export function useMyFigures(agent: string, worked: number): Loaded<{ readonly row: GetFiguresResponse_Row | undefined }> {
  const { transport } = useApi();
  const records = useMemo(() => createClient(RecordService, transport), [transport]);
  const [settled, setSettled] = useState(worked);
  useEffect(() => {
    if (settled === worked) return;
    // What comes meanwhile is read with it.
    const timer = setTimeout(() => setSettled(worked), settledAfterMs);
    return () => clearTimeout(timer);
  }, [settled, worked]);
  return useLoad(
    async (signal) => {
      const day = dayOf(new Date());
      const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
      const { rows } = await records.getFigures({ fromDay: day, toDay: day, timeZone, agent }, { signal });
      return { row: rows.find((one) => one.agent === agent) };
    },
    [records, agent, settled],
  );
}
