// The buyer's after-sales cases: what each is about and where it stands, and what may be done with it.

import { MoreOutlined } from "@ant-design/icons";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Button, Dropdown, Tag } from "antd";
import { useState } from "react";
import { Case_Kind, Case_Reason, Case_State, Refund_State, type Case, type ParcelRef } from "../../../../../gen/kefu/after_sales/v1/service_pb.js";
import { caseKind, caseState } from "../../../../../shared/case_words.js";
import { amount } from "../../../../cards/kinds.js";
import { useMe } from "../../../../frame/at_work.js";
import { leads } from "../../../../frame/identity.js";
import { useSpeech } from "../../../../frame/language.js";
import { caseReason } from "../../../../words/case_reasons.js";
import { momentText, useNow } from "../../../times.js";
import type { PanelProps } from "../../panels.js";
import { Facts, Nothing } from "../facts.js";
import { StepDialog } from "./step_dialog.js";
import { stepsOf, type Step } from "./steps.js";

const refundKeys = {
  [Refund_State.UNSPECIFIED]: "refundPending",
  [Refund_State.PENDING]: "refundPending",
  [Refund_State.SUCCEEDED]: "refundSucceeded",
  [Refund_State.FAILED]: "refundFailed",
} as const;
// All others wait for somebody.
const colours: Readonly<Partial<Record<Case_State, string>>> = {
  [Case_State.COMPLETED]: "success",
  [Case_State.CLOSED]: "default",
  [Case_State.REJECTED]: "error",
  [Case_State.REJECTED_RETURN]: "error",
  [Case_State.REFUND_FAILED]: "error",
};
// Less than this before something happens by itself it is urgent.
const nearMs = 24 * 3600_000;
const parcelText = (parcel: ParcelRef | undefined) => (parcel ? `${parcel.carrier} ${parcel.trackingNumber}`.trim() : "");

export function CasesPanel({ look: { cases }, again }: PanelProps) {
  const { say } = useSpeech();
  if (cases.length === 0) return <Nothing>{say("noCases")}</Nothing>;
  return cases.map((one) => <CaseBox key={one.case} one={one} again={again} />);
}

function CaseBox({ one, again }: { one: Case; again(): void }) {
  const speech = useSpeech();
  const { language, locale, say } = speech;
  const notes = one.history.filter(({ note }) => note !== "");
  return (
    <article className="thing" data-case={one.case}>
      <header>
        <strong>{caseKind(language, Case_Kind[one.kind])}</strong>
        <Tag color={colours[one.state] ?? "warning"}>{caseState(language, Case_State[one.state])}</Tag>
      </header>
      <p>
        {one.orderNumber} <span className="faint">{amount(speech, one.requested)}</span>
        <span className="faint">{caseReason(language, Case_Reason[one.reason])}</span>
      </p>
      <ul>
        {one.lines.map(({ line, title, quantity }) => (
          <li key={line} dir="auto">
            {title} × {quantity}
          </li>
        ))}
      </ul>
      <Facts
        facts={[
          [say("returnParcel"), parcelText(one.returnParcel)],
          [say("replacementParcel"), parcelText(one.replacementParcel)],
          ...one.refunds.map((refund) => [amount(speech, refund.amount), say(refundKeys[refund.state])] as const),
        ]}
      />
      {one.deadline && <Deadline one={one} />}
      {notes.length > 0 && (
        <ul className="case-notes">
          {notes.map(({ note, time, to }, i) => (
            <li key={i} dir="auto">
              <span className="faint">
                {momentText(locale, time)} {caseState(language, Case_State[to])}
              </span>{" "}
              {note}
            </li>
          ))}
        </ul>
      )}
      <Steps one={one} again={again} />
    </article>
  );
}

function Deadline({ one: { deadline, deadlineState } }: { one: Case }) {
  const { language, locale, say } = useSpeech();
  const near = timestampMs(deadline!) - useNow() < nearMs;
  return <Tag color={near ? "error" : "default"}>{say("becomes", { state: caseState(language, deadlineState), time: momentText(locale, deadline) })}</Tag>;
}

// The two that are nearest as buttons, the others behind them.
function Steps({ one, again }: { one: Case; again(): void }) {
  const { say } = useSpeech();
  const steps = stepsOf(one, leads(useMe()));
  const [step, setStep] = useState<Step>();
  const [first, second, ...others] = steps;
  if (!first) return null;
  const close = (done: boolean) => {
    setStep(undefined);
    if (done) again();
  };
  return (
    <footer className="buttons">
      {[first, second].map(
        (next, i) =>
          next && (
            <Button key={next.verb} size="small" type={i === 0 ? "primary" : "default"} onClick={() => setStep(next)}>
              {say(next.verb)}
            </Button>
          ),
      )}
      {others.length > 0 && (
        <Dropdown
          trigger={["click"]}
          menu={{
            items: others.map(({ verb, danger = false }) => ({ key: verb, label: say(verb), danger })),
            onClick: ({ key }) => setStep(others.find(({ verb }) => verb === key)),
          }}
        >
          <Button size="small" aria-label={say("moreSteps")} icon={<MoreOutlined />} />
        </Dropdown>
      )}
      {step && <StepDialog one={one} step={step} stale={again} close={close} />}
    </footer>
  );
}
