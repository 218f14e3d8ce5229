// The inputs that the forms of planning share. Their names are those of the requests' fields, so that what the server
// refuses stands at the field that it names.

import { Form, InputNumber, Select } from "antd";
import { Sharing } from "../../gen/kefu/gateway/v1/staffing_pb.js";
import { useSpeech } from "../frame/language.js";
import type { TextKey } from "../texts.js";

interface NumberProps {
  readonly name: string;
  readonly label: TextKey;
  readonly unit?: TextKey;
  // May stay empty, which means this.
  readonly empty?: TextKey;
}

export function NumberItem({ name, label, unit, empty }: NumberProps) {
  const { say } = useSpeech();
  return (
    <Form.Item name={name} label={say(label)} rules={empty ? [] : [{ required: true, message: say("required") }]}>
      <InputNumber min={0} suffix={unit && say(unit)} placeholder={empty && say(empty)} />
    </Form.Item>
  );
}

// Chats at a time, and what they cost each other.
export function ConcurrencyItems() {
  const { say } = useSpeech();
  return (
    <>
      <NumberItem name="chatsPerAgent" label="chatsPerAgent" />
      <Form.Item name="sharing" label={say("sharing")}>
        <Select
          options={[
            { value: Sharing.NONE, label: say("sharingNone") },
            { value: Sharing.PROCESSOR, label: say("sharingProcessor") },
          ]}
        />
      </Form.Item>
    </>
  );
}

// A number that may be left empty, as requests have it: absent instead of null.
export function given<Name extends string>(name: Name, value: number | null | undefined, unit = 1): Partial<Record<Name, number>> {
  return value === null || value === undefined ? {} : ({ [name]: value * unit } as Record<Name, number>);
}
