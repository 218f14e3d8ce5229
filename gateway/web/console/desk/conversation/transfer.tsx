// Gives a session to a colleague, to another group, or back to the queue.

import { Form, Input, Modal, Select } from "antd";
import { create } from "@bufbuild/protobuf";
import { TransferSessionRequestSchema } from "../../../gen/kefu/gateway/v1/agent_pb.js";
import type { Session } from "../../../gen/kefu/gateway/v1/session_pb.js";
import { useAct } from "../../frame/act.js";
import { useApi } from "../../frame/api.js";
import { useSpeech } from "../../frame/language.js";
import { Shown } from "../../frame/load.js";
import { useColleagues } from "./colleagues.js";

interface Fields {
  readonly to: string;
  readonly note?: string;
}

export function Transfer({ session, me, close }: { session: Session; me: string | undefined; close(): void }) {
  const { say } = useSpeech();
  const { agent } = useApi();
  const { act, busy } = useAct();
  const [form] = Form.useForm<Fields>();
  const colleagues = useColleagues(me);
  const submit = async ({ to, note = "" }: Fields) => {
    const done = await act((requestId) =>
      agent.transferSession(
        create(TransferSessionRequestSchema, { requestId, session: session.session, fence: session.fence, toAgent: to, note: note.trim() }),
      ),
    );
    if (done) close();
  };
  return (
    <Modal title={say("transfer")} open okText={say("transfer")} cancelText={say("cancel")} confirmLoading={busy} onOk={form.submit} onCancel={close}>
      <Shown loaded={colleagues}>{() => null}</Shown>
      <Form<Fields> form={form} layout="vertical" initialValues={{ to: "" }} onFinish={(fields) => void submit(fields)}>
        <Form.Item name="to" label={say("transferTo")}>
          <Select
            loading={!colleagues.value && !colleagues.problem}
            options={[
              { value: "", label: say("backToQueue") },
              ...(colleagues.value ?? []).map((one) => ({ value: one.agent, label: `${one.displayName} · ${one.used}/${one.capacity}` })),
            ]}
          />
        </Form.Item>
        <Form.Item name="note" label={say("noteForColleague")}>
          <Input.TextArea rows={3} maxLength={2000} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
