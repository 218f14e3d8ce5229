// The buyer's after-sales cases; one that was asked for can be agreed to or refused.

import { Button, Input, Modal, Tag } from "antd";
import { useState } from "react";
import { Case_Kind, Case_State, type Case } from "../../../../gen/kefu/after_sales/v1/service_pb.js";
import { caseKind, caseState } from "../../../../shared/case_words.js";
import { amount } from "../../../cards/kinds.js";
import { useAct } from "../../../frame/act.js";
import { useApi } from "../../../frame/api.js";
import { useSpeech } from "../../../frame/language.js";
import type { PanelProps } from "../panels.js";
import { Nothing } from "./facts.js";

export function CasesPanel({ look: { cases }, again }: PanelProps) {
  const speech = useSpeech();
  const { language, say } = speech;
  if (cases.length === 0) return <Nothing>{say("noCases")}</Nothing>;
  return cases.map((one) => (
    <article className="thing" key={one.case}>
      <header>
        <strong>{caseKind(language, Case_Kind[one.kind])}</strong>
        <Tag color="warning">{caseState(language, Case_State[one.state])}</Tag>
      </header>
      <p>
        {one.orderNumber} <span className="faint">{amount(speech, one.requested)}</span>
      </p>
      {one.state === Case_State.REQUESTED && <Decide one={one} again={again} />}
    </article>
  ));
}

function Decide({ one, again }: { one: Case; again(): void }) {
  const { say } = useSpeech();
  const { cases } = useApi();
  const { act, busy } = useAct();
  const [rejecting, setRejecting] = useState(false);
  const [words, setWords] = useState("");
  const { case: name, etag } = one;
  const approve = async () => {
    if (await act((requestId) => cases.approveCase({ requestId, case: name, etag }))) again();
  };
  const reject = async () => {
    const note = words.trim();
    if (note === "" || !(await act((requestId) => cases.rejectCase({ requestId, case: name, etag, note })))) return;
    setRejecting(false);
    again();
  };
  return (
    <footer className="buttons">
      <Button size="small" type="primary" loading={busy} onClick={() => void approve()}>
        {say("approve")}
      </Button>
      <Button size="small" onClick={() => setRejecting(true)}>
        {say("reject")}
      </Button>
      <Modal title={say("reject")} open={rejecting} okText={say("reject")} cancelText={say("cancel")} confirmLoading={busy} okButtonProps={{ disabled: words.trim() === "" }} onOk={() => void reject()} onCancel={() => setRejecting(false)}>
        <Input.TextArea rows={3} maxLength={2000} aria-label={say("rejectWords")} placeholder={say("rejectWords")} value={words} onChange={({ target }) => setWords(target.value)} />
      </Modal>
    </footer>
  );
}
