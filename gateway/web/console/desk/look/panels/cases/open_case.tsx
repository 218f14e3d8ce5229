// Opens an after-sales case for some of an order's lines.

import { Form, Input, InputNumber, Select } from "antd";
import { Case_Kind, Case_Reason } from "../../../../../gen/kefu/after_sales/v1/service_pb.js";
import type { Order } from "../../../../../gen/kefu/orders/v1/service_pb.js";
import { caseKind } from "../../../../../shared/case_words.js";
import { useApi } from "../../../../frame/api.js";
import { FormDialog } from "../../../../frame/form_dialog.js";
import { useSpeech } from "../../../../frame/language.js";
import { caseReason } from "../../../../words/case_reasons.js";

interface Fields {
  readonly kind: Case_Kind;
  readonly reason: Case_Reason | undefined;
  // By line; 0: not this one.
  readonly quantities: Readonly<Record<string, number | null>>;
  readonly requested: string;
  readonly note: string;
}

const kinds = [Case_Kind.REFUND_ONLY, Case_Kind.RETURN_REFUND, Case_Kind.EXCHANGE];
const reasons = Object.values(Case_Reason).filter((reason): reason is Case_Reason => typeof reason === "number" && reason !== Case_Reason.UNSPECIFIED);

export function OpenCase({ order: { order, number, lines }, close }: { order: Order; close(opened: boolean): void }) {
  const { language, say } = useSpeech();
  const { cases } = useApi();
  const initial: Fields = {
    kind: Case_Kind.RETURN_REFUND,
    reason: undefined,
    quantities: Object.fromEntries(lines.map(({ line }, i) => [line, i === 0 ? 1 : 0])),
    requested: "",
    note: "",
  };
  const open = ({ kind, reason, quantities, requested, note }: Fields, requestId: string) =>
    cases.openCase({
      requestId,
      order,
      kind,
      reason: reason!,
      lines: Object.entries(quantities).flatMap(([line, quantity]) => (quantity ? [{ line, quantity }] : [])),
      requested: requested.trim(),
      note: note.trim(),
    });
  return (
    <FormDialog<Fields> title={`${say("openCase")} · ${number}`} ok={say("openCase")} initial={initial} save={open} close={close}>
      <Form.Item name="kind" label={say("caseKindOf")}>
        <Select options={kinds.map((kind) => ({ value: kind, label: caseKind(language, Case_Kind[kind]) }))} />
      </Form.Item>
      <Form.Item name="reason" label={say("reason")} rules={[{ required: true, message: say("required") }]}>
        <Select showSearch={{ optionFilterProp: "label" }} options={reasons.map((reason) => ({ value: reason, label: caseReason(language, Case_Reason[reason]) }))} />
      </Form.Item>
      {lines.map(({ line, title, quantity }) => (
        <Form.Item key={line} name={["quantities", line]} label={title} extra={say("ofQuantity", { quantity })}>
          <InputNumber min={0} max={quantity} precision={0} />
        </Form.Item>
      ))}
      <Form.Item name="requested" label={say("requestedAmount")} extra={say("requestedHint")}>
        <Input inputMode="decimal" maxLength={20} />
      </Form.Item>
      <Form.Item name="note" label={say("caseNote")}>
        <Input.TextArea rows={2} maxLength={2000} />
      </Form.Item>
    </FormDialog>
  );
}
