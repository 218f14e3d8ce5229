// In the top bar: how fast I was today. Read when shown and when I have worked since, not by the clock.

import { timestampMs } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { useEffect, useMemo, useRef } from "react";
import { RecordService, type GetFiguresResponse } from "../../gen/kefu/records/v1/service_pb.js";
import { dayOf } from "../figures/days.js";
import { useApi } from "../frame/api.js";
import { useFromDesk, useMe } from "../frame/at_work.js";
import { useSpeech } from "../frame/language.js";
import { useLoad, type Loaded } from "../frame/load.js";
import { pauseMs } from "./pace.js";
import { spanText } from "./times.js";

const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

export function OwnFigures() {
  const { say, locale } = useSpeech();
  const { value, problem } = useOwnFigures();
  const row = problem ? undefined : value?.rows[0];
  const replies = row ? row.rounds + row.overdueRounds : 0;
  const time = row && row.answeredSessions > 0 ? spanText(Number(row.firstResponseMs)) : "–";
  const share = row && replies > 0 ? new Intl.NumberFormat(locale, { style: "percent" }).format(row.promptRounds / replies) : "–";
  const title = say(problem ? "ownFiguresAway" : replies > 0 ? "ownFigures" : "ownFiguresNone");
  return (
    <span className="own-figures" title={title}>
      <span>{say("ownFirstResponse", { time })}</span>
      <span>{say("ownPrompt", { share })}</span>
    </span>
  );
}

function useOwnFigures(): Loaded<GetFiguresResponse> {
  const { transport } = useApi();
  const { agent } = useMe();
  const worked = useFromDesk((desk) => desk.worked);
  const records = useMemo(() => createClient(RecordService, transport), [transport]);
  const readAt = useRef(0);
  const due = useRef<ReturnType<typeof setTimeout>>(undefined);
  const loaded = useLoad(
    async (signal) => {
      readAt.current = Date.now();
      const day = dayOf(new Date());
      return await records.getFigures({ fromDay: day, toDay: day, timeZone, agent }, { signal });
    },
    [records, agent],
  );
  const asOf = loaded.value?.asOf;
  const readAgain = () => {
    due.current = undefined;
    if (!asOf || timestampMs(asOf) < worked) loaded.again();
  };
  // As things stand when it is due.
  const latest = useRef(readAgain);
  latest.current = readAgain;
  useEffect(() => {
    if (worked > 0) due.current ??= setTimeout(() => latest.current(), pauseMs(Date.now() - readAt.current));
  }, [worked]);
  useEffect(
    () => () => {
      clearTimeout(due.current);
      due.current = undefined;
    },
    [],
  );
  return loaded;
}
