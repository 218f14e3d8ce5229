// Several of my sessions at once: closed, held or given away, each by a call of its own, and told in sum.

import { App, Button } from "antd";
import { useState } from "react";
import { Session_State } from "../../../gen/kefu/gateway/v1/session_pb.js";
import { newRequestId } from "../../../shared/api.js";
import { problemOf } from "../../../shared/problem.js";
import { repeat } from "../../../shared/repeat.js";
import { useApi } from "../../frame/api.js";
import { useDesk } from "../../frame/at_work.js";
import { useConfirm } from "../../frame/confirm.js";
import { useSpeech } from "../../frame/language.js";
import type { Held } from "../../live/held.js";
import { problemText } from "../../texts.js";
import { TransferDialog, type Destination } from "../conversation/transfer.js";

interface BulkProps {
  readonly chosen: readonly Held[];
  all(): void;
  clear(): void;
}

export function Bulk({ chosen, all, clear }: BulkProps) {
  const { language, say } = useSpeech();
  const { agent } = useApi();
  const { message } = App.useApp();
  const confirm = useConfirm();
  const { me } = useDesk();
  const [busy, setBusy] = useState(false);
  const [giving, setGiving] = useState(false);
  const count = chosen.length;
  const each = async (work: (held: Held, requestId: string) => Promise<unknown>) => {
    setBusy(true);
    const refused = new Map<string, number>();
    let done = 0;
    for (const held of chosen) {
      try {
        await repeat(newRequestId(), (requestId) => work(held, requestId));
        done += 1;
      } catch (error) {
        const why = problemText(language, problemOf(error));
        refused.set(why, (refused.get(why) ?? 0) + 1);
      }
    }
    setBusy(false);
    clear();
    if (refused.size === 0) return void message.success(say("bulkDone", { done }));
    const reasons = [...refused].map(([why, times]) => `${times} × ${why}`).join(" ");
    void message.warning(say("bulkPartly", { done, reasons }), 8);
  };
  const active = ({ session: { state } }: Held) => state === Session_State.ACTIVE;
  const close = () =>
    each(({ session: { session, fence, state }, view: { lastSeq: lastSeenSeq } }, requestId) =>
      state === Session_State.WRAP
        ? agent.finishWrapUp({ requestId, session })
        : agent.closeSession({ requestId, session, fence, lastSeenSeq, reason: "solved" }),
    );
  const hold = () => each(({ session: { session, fence } }, requestId) => agent.holdSession({ requestId, session, fence }));
  const give = async (to: Destination, note: string) => {
    await each(({ session: { session, fence } }, requestId) => agent.transferSession({ requestId, session, fence, note, ...to }));
    setGiving(false);
  };
  return (
    <div className="bulk" role="toolbar" aria-label={say("bulkChosen", { count })}>
      <span>{say("bulkChosen", { count })}</span>
      <Button size="small" onClick={all}>
        {say("bulkAll")}
      </Button>
      <Button
        size="small"
        loading={busy}
        onClick={() => confirm({ title: say("bulkClose", { count }), content: say("bulkCloseHint"), ok: say("close"), go: close })}
      >
        {say("close")}
      </Button>
      <Button size="small" disabled={busy || !chosen.every(active)} onClick={() => void hold()}>
        {say("hold")}
      </Button>
      <Button size="small" disabled={busy || !chosen.every(active)} onClick={() => setGiving(true)}>
        {say("transfer")}
      </Button>
      <Button size="small" type="text" onClick={clear}>
        {say("cancel")}
      </Button>
      {giving && <TransferDialog me={me?.agent} busy={busy} go={(to, note) => void give(to, note)} close={() => setGiving(false)} />}
    </div>
  );
}
