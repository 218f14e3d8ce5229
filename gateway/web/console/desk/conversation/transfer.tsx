// Gives sessions to a colleague, to a group, or back to their queue.

import { Form, Input, Modal, Select } from "antd";
import { useApi } from "../../frame/api.js";
import { useAct } from "../../frame/act.js";
import { useSpeech } from "../../frame/language.js";
import { Shown } from "../../frame/load.js";
import type { Session } from "../../../gen/kefu/gateway/v1/session_pb.js";
import { useColleagues } from "./colleagues.js";
import { useGroups } from "./groups.js";

// As TransferSession has it: at most one of both.
export interface Target {
  readonly toAgent?: string;
  readonly toGroup?: string;
}

interface TransferProps {
  readonly title: string;
  readonly me: string | undefined;
  // The group that it is in: its queue is what "back to the queue" means.
  readonly group?: string;
  readonly busy: boolean;
  give(target: Target, note: string): Promise<unknown>;
  close(): void;
}

interface Fields {
  readonly to: string;
  readonly note?: string;
}

const option = (target: Target, label: string) => ({ value: JSON.stringify(target), label });
type Option = ReturnType<typeof option>;

// Under their heading, if there are any.
function some(label: string, options: readonly Option[]): readonly { label: string; options: Option[] }[] {
  return options.length > 0 ? [{ label, options: [...options] }] : [];
}

export function Transfer({ title, me, group, busy, give, close }: TransferProps) {
  const { say } = useSpeech();
  const [form] = Form.useForm<Fields>();
  const colleagues = useColleagues(me);
  const groups = useGroups();
  const submit = ({ to, note = "" }: Fields) => void give(JSON.parse(to) as Target, note.trim());
  const toColleagues = (colleagues.value ?? []).map(({ agent, displayName: name, used, capacity }) =>
    option({ toAgent: agent }, say("colleagueStanding", { name, used, capacity })),
  );
  const toGroups = (groups.value ?? [])
    .filter((one) => one.group !== group)
    .map((one) => option({ toGroup: one.group }, one.standing ? say("groupStanding", { group: one.name, ...one.standing }) : one.name));
  return (
    <Modal title={title} open okText={say("transfer")} cancelText={say("cancel")} confirmLoading={busy} onOk={form.submit} onCancel={close}>
      <Shown loaded={colleagues}>{() => null}</Shown>
      <Form<Fields> form={form} layout="vertical" initialValues={{ to: JSON.stringify({}) }} onFinish={submit}>
        <Form.Item name="to" label={say("transferTo")}>
          <Select
            showSearch={{ optionFilterProp: "label" }}
            loading={!colleagues.value && !colleagues.problem}
            options={[option({}, say("backToQueue")), ...some(say("toColleague"), toColleagues), ...some(say("toGroup"), toGroups)]}
          />
        </Form.Item>
        <Form.Item name="note" label={say("noteForColleague")}>
          <Input.TextArea rows={3} maxLength={2000} />
        </Form.Item>
      </Form>
    </Modal>
  );
}

export function TransferOne({ session: { session, fence, group }, me, close }: { session: Session; me: string | undefined; close(): void }) {
  const { say } = useSpeech();
  const { agent } = useApi();
  const { act, busy } = useAct();
  const give = async (target: Target, note: string) => {
    if (await act((requestId) => agent.transferSession({ requestId, session, fence, note, ...target }))) close();
  };
  return <Transfer title={say("transfer")} me={me} group={group} busy={busy} give={give} close={close} />;
}
