// Begins a consult: a colleague sees the conversation and answers in a side thread.

import { Form, Input, Modal, Select } from "antd";
import type { Session } from "../../../gen/kefu/gateway/v1/session_pb.js";
import { useAct } from "../../frame/act.js";
import { useApi } from "../../frame/api.js";
import { useSpeech } from "../../frame/language.js";
import { Shown } from "../../frame/load.js";
import { useColleagues } from "./colleagues.js";

interface Fields {
  readonly colleague: string;
  readonly question: string;
}

export function AskColleague({ session, me, close }: { session: Session; me: string | undefined; close(): void }) {
  const { say } = useSpeech();
  const { agent } = useApi();
  const { act, busy } = useAct();
  const [form] = Form.useForm<Fields>();
  const colleagues = useColleagues(me);
  const needed = [{ required: true, message: say("required") }];
  const submit = async ({ colleague, question }: Fields) => {
    const { session: name, fence } = session;
    if (await act((requestId) => agent.startConsult({ requestId, session: name, fence, agent: colleague, question }))) close();
  };
  return (
    <Modal title={say("consult")} open okText={say("send")} cancelText={say("cancel")} confirmLoading={busy} onOk={form.submit} onCancel={close}>
      <Shown loaded={colleagues}>{() => null}</Shown>
      <Form<Fields> form={form} layout="vertical" onFinish={(fields) => void submit(fields)}>
        <Form.Item name="colleague" label={say("agent")} rules={needed}>
          <Select loading={!colleagues.value && !colleagues.problem} options={colleagues.value?.map((one) => ({ value: one.agent, label: one.displayName })) ?? []} />
        </Form.Item>
        <Form.Item name="question" label={say("consultQuestion")} rules={needed}>
          <Input.TextArea rows={3} maxLength={2000} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
