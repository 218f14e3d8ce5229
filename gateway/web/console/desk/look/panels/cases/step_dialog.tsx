// Does one step of a case, with what it asks for.

import { Form, Input, InputNumber } from "antd";
import type { Case } from "../../../../../gen/kefu/after_sales/v1/service_pb.js";
import { problemOf } from "../../../../../shared/problem.js";
import { amount } from "../../../../cards/kinds.js";
import { useApi } from "../../../../frame/api.js";
import { FormDialog } from "../../../../frame/form_dialog.js";
import { useSpeech } from "../../../../frame/language.js";
import type { Step } from "./steps.js";

interface Fields {
  readonly note: string;
  readonly refund: string;
  readonly amount: string;
  readonly carrier: string;
  readonly trackingNumber: string;
  // By line.
  readonly units: Readonly<Record<string, number | null>>;
}

interface StepDialogProps {
  readonly one: Case;
  readonly step: Step;
  // Somebody else changed the case meanwhile.
  stale(): void;
  close(done: boolean): void;
}

export function StepDialog({ one, step: { verb, asks, noteRequired = false, danger = false }, stale, close }: StepDialogProps) {
  const speech = useSpeech();
  const { say } = speech;
  const { cases } = useApi();
  const most = (line: Case["lines"][number]) => (asks === "accepted" ? line.received : line.quantity);
  const initial: Fields = {
    note: "", refund: "", amount: "", carrier: "", trackingNumber: "",
    units: Object.fromEntries(one.lines.map((line) => [line.line, most(line)])),
  };
  const save = async (fields: Fields, requestId: string) => {
    const [note, refund, sum] = [fields.note, fields.refund, fields.amount].map((words) => (words ?? "").trim());
    const request = {
      requestId,
      case: one.case,
      etag: one.etag,
      note: note!,
      ...(asks === "refund" ? { refund: refund! } : {}),
      ...(asks === "amount" ? { amount: sum! } : {}),
      ...(asks === "parcel" ? { parcel: { carrier: fields.carrier.trim(), trackingNumber: fields.trackingNumber.trim() } } : {}),
      ...(asks === "received" || asks === "accepted"
        ? { lines: Object.entries(fields.units).map(([line, units]) => ({ line, [asks]: units ?? 0 })) }
        : {}),
    };
    try {
      await cases[verb](request);
    } catch (error) {
      if (problemOf(error).reason === "VERSION_CONFLICT") stale();
      throw error;
    }
  };
  const money = asks === "refund" || asks === "amount";
  const needed = { required: true, message: say("required") };
  return (
    <FormDialog<Fields> title={`${say(verb)} · ${one.orderNumber}`} ok={say(verb)} initial={initial} within={asks === "parcel" ? "parcel" : ""} danger={danger} save={save} close={close}>
      {money && (
        <Form.Item name={asks} label={say("refundAmount")} extra={say(asks === "refund" ? "refundAsRequested" : "refundAsAccepted", { amount: amount(speech, one.requested) })}>
          <Input inputMode="decimal" maxLength={20} />
        </Form.Item>
      )}
      {asks === "parcel" && (
        <>
          <Form.Item name="carrier" label={say("carrier")} rules={[needed]}>
            <Input maxLength={40} />
          </Form.Item>
          <Form.Item name="trackingNumber" label={say("trackingNumber")} rules={[needed]}>
            <Input maxLength={40} />
          </Form.Item>
        </>
      )}
      {(asks === "received" || asks === "accepted") &&
        one.lines.map((line) => (
          <Form.Item key={line.line} name={["units", line.line]} label={say(asks === "received" ? "unitsBack" : "unitsAccepted", { title: line.title, of: most(line) })}>
            <InputNumber min={0} max={most(line)} precision={0} />
          </Form.Item>
        ))}
      <Form.Item name="note" label={say(noteRequired ? "noteForBuyer" : "noteForStaff")} rules={noteRequired ? [needed] : []}>
        <Input.TextArea rows={2} maxLength={500} />
      </Form.Item>
    </FormDialog>
  );
}
