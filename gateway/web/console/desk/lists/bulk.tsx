// What is done with several sessions of mine at once: closed, put on hold, transferred; and what came of it.

import { Alert, App, Button, Checkbox } from "antd";
import { useEffect, useState, type ReactNode } from "react";
import { useApi } from "../../frame/api.js";
import { useDeskStore } from "../../frame/at_work.js";
import { useSpeech } from "../../frame/language.js";
import type { Held } from "../../live/held.js";
import { problemText, type TextKey } from "../../texts.js";
import { Transfer } from "../conversation/transfer.js";
import { counted, each, type Outcome } from "./each.js";
import { all } from "./selection.js";

interface BulkProps {
  readonly sessions: readonly Held[];
  readonly picked: readonly Held[];
  select(sessions: ReadonlySet<string>): void;
  readonly beside: ReactNode;
}

interface Told {
  readonly what: TextKey;
  readonly outcome: Outcome;
}

export function Bulk({ sessions, picked, select, beside }: BulkProps) {
  const { say } = useSpeech();
  const { modal } = App.useApp();
  const { agent } = useApi();
  const { me } = useDeskStore();
  const [busy, setBusy] = useState(false);
  const [told, setTold] = useState<Told>();
  const [transferring, setTransferring] = useState<readonly Held[]>();
  const choosable = all(sessions);
  const count = picked.length;
  // What came of it stands until the next selection begins.
  const picking = count > 0;
  useEffect(() => {
    if (picking) setTold(undefined);
  }, [picking]);

  const run = async (what: TextKey, items: readonly Held[], work: (held: Held, requestId: string) => Promise<unknown>) => {
    setBusy(true);
    setTold({ what, outcome: await each(items, work) });
    setBusy(false);
    select(new Set());
  };
  const close = () => {
    // What comes after the question is not closed unseen.
    const lastSeen = new Map(picked.map((held) => [held, held.view.lastSeq]));
    const unread = picked.filter((held) => held.unread > 0).length;
    modal.confirm({
      title: say("closeMany", { count }),
      content: unread > 0 ? say("closeManyUnread", { count: unread }) : undefined,
      okText: say("close"),
      cancelText: say("cancel"),
      onOk: () =>
        run("doneClose", picked, (held, requestId) => {
          const { session, fence } = held.session;
          return agent.closeSession({ requestId, session, fence, lastSeenSeq: lastSeen.get(held) ?? 0n, reason: "solved" });
        }),
    });
  };
  const hold = () => {
    const going = picked.filter(({ session }) => !session.held);
    void run("doneHold", going, ({ session: { session, fence } }, requestId) => agent.holdSession({ requestId, session, fence }));
  };
  return (
    <>
      <div className="bulk">
        {choosable.size > 1 && (
          <Checkbox
            checked={count > 0 && count === choosable.size}
            indeterminate={count > 0 && count < choosable.size}
            onChange={({ target }) => select(target.checked ? choosable : new Set())}
          >
            {count > 0 ? say("picked", { count }) : say("pickAll")}
          </Checkbox>
        )}
        <span className="bulk-beside">{beside}</span>
      </div>
      {picking && (
        <div className="bulk-actions" role="group" aria-label={say("picked", { count })}>
          <Button size="small" type="primary" loading={busy} onClick={close}>
            {say("close")}
          </Button>
          <Button size="small" disabled={busy} onClick={hold}>
            {say("hold")}
          </Button>
          <Button size="small" disabled={busy} onClick={() => setTransferring(picked)}>
            {say("transfer")}
          </Button>
          <Button size="small" type="text" disabled={busy} onClick={() => select(new Set())}>
            {say("pickNone")}
          </Button>
        </div>
      )}
      {told && <Result told={told} close={() => setTold(undefined)} />}
      {transferring && (
        <Transfer
          title={say("transferMany", { count: transferring.length })}
          me={me?.agent}
          busy={busy}
          close={() => setTransferring(undefined)}
          give={async (target, note) => {
            const give = ({ session: { session, fence } }: Held, requestId: string) =>
              agent.transferSession({ requestId, session, fence, note, ...target });
            await run("doneTransfer", transferring, give);
            setTransferring(undefined);
          }}
        />
      )}
    </>
  );
}

function Result({ told: { what, outcome }, close }: { told: Told; close(): void }) {
  const { language, say } = useSpeech();
  const { done, refused } = outcome;
  const reasons = counted(refused.map((problem) => problemText(language, problem)));
  return (
    <Alert
      className="bulk-result"
      type={refused.length > 0 ? "warning" : "success"}
      showIcon
      role="status"
      closable={{ onClose: close }}
      title={[
        done > 0 ? say(what, { count: done }) : say("doneNone"),
        ...reasons.map(([why, count]) => say("refusedSome", { count, why })),
      ].join(say("listComma"))}
    />
  );
}
