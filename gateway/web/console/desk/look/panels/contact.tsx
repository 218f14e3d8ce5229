// Whom an order goes to: masked, until somebody says why they need it. Forgotten when the conversation is left.

import { Button, Form, Input } from "antd";
import { useState } from "react";
import type { Contact, Order } from "../../../../gen/kefu/orders/v1/service_pb.js";
import { useApi } from "../../../frame/api.js";
import { FormDialog } from "../../../frame/form_dialog.js";
import { useSpeech } from "../../../frame/language.js";

interface Fields {
  readonly purpose: string;
}

function contactText({ name, phone, country, region, city, address, postalCode }: Contact): string {
  return [name, phone, country, region, city, address, postalCode].filter((part) => part !== "").join(" ");
}

export function OrderContact({ order: { order, number, contact } }: { order: Order }) {
  const { say } = useSpeech();
  const { orders } = useApi();
  const [asking, setAsking] = useState(false);
  const [shown, setShown] = useState<Contact>();
  if (!contact) return null;
  if (shown) return <span dir="auto">{contactText(shown)}</span>;
  const unmask = async ({ purpose }: Fields, requestId: string) => {
    setShown((await orders.unmaskContact({ requestId, order, purpose: purpose.trim() })).contact);
  };
  return (
    <>
      {contact.name} {contact.phone}
      <Button type="link" size="small" onClick={() => setAsking(true)}>
        {say("unmask")}
      </Button>
      {asking && (
        <FormDialog<Fields> title={`${say("unmask")} · ${number}`} ok={say("unmask")} initial={{ purpose: "" }} save={unmask} close={() => setAsking(false)}>
          <Form.Item name="purpose" label={say("purpose")} extra={say("unmaskHint")} rules={[{ required: true, whitespace: true, message: say("required") }]}>
            <Input maxLength={60} />
          </Form.Item>
        </FormDialog>
      )}
    </>
  );
}
