// Gives a session to a colleague, to another group, or back to the queue.

import { Form, Input, Modal, Select } from "antd";
import { createClient } from "@connectrpc/connect";
import { useMemo } from "react";
import { RoutingConfigService } from "../../../gen/kefu/gateway/v1/routing_config_pb.js";
import type { Session } from "../../../gen/kefu/gateway/v1/session_pb.js";
import { useAct } from "../../frame/act.js";
import { useApi } from "../../frame/api.js";
import { useSpeech } from "../../frame/language.js";
import { Shown, useLoad } from "../../frame/load.js";
import { useColleagues } from "./colleagues.js";

// To an agent, to a group, or to nobody: back to the queue.
export interface Destination {
  readonly toAgent: string;
  readonly toGroup: string;
}

interface Fields {
  readonly to: string;
  readonly note?: string;
}

const destinationOf = (to: string): Destination => {
  const [kind, id = ""] = to.split(" ");
  return { toAgent: kind === "agent" ? id : "", toGroup: kind === "group" ? id : "" };
};

export function Transfer({ session, me, close }: { session: Session; me: string | undefined; close(): void }) {
  const { agent } = useApi();
  const { act, busy } = useAct();
  const { session: name, fence } = session;
  const go = async (to: Destination, note: string) => {
    if (await act((requestId) => agent.transferSession({ requestId, session: name, fence, note, ...to }))) close();
  };
  return <TransferDialog me={me} without={session.group} busy={busy} go={(to, note) => void go(to, note)} close={close} />;
}

interface DialogProps {
  readonly me: string | undefined;
  // The group where it is already.
  readonly without?: string;
  readonly busy: boolean;
  go(to: Destination, note: string): void;
  close(): void;
}

export function TransferDialog({ me, without, busy, go, close }: DialogProps) {
  const { say } = useSpeech();
  const { transport } = useApi();
  const [form] = Form.useForm<Fields>();
  const routing = useMemo(() => createClient(RoutingConfigService, transport), [transport]);
  const colleagues = useColleagues(me);
  const groups = useLoad(async (signal) => (await routing.listGroups({}, { signal })).groups.filter(({ group }) => group !== without), [routing, without]);
  const options = [
    { value: "", label: say("backToQueue") },
    {
      label: say("agents"),
      options: (colleagues.value ?? []).map((one) => ({ value: `agent ${one.agent}`, label: `${one.displayName} · ${one.used}/${one.capacity}` })),
    },
    {
      label: say("groups"),
      options: (groups.value ?? []).map(({ group, displayName, open }) => ({
        value: `group ${group}`,
        label: open ? displayName || group : `${displayName || group} · ${say("closedNow")}`,
      })),
    },
  ];
  return (
    <Modal title={say("transfer")} open okText={say("transfer")} cancelText={say("cancel")} confirmLoading={busy} onOk={form.submit} onCancel={close}>
      <Shown loaded={colleagues}>{() => null}</Shown>
      <Shown loaded={groups}>{() => null}</Shown>
      <Form<Fields> form={form} layout="vertical" initialValues={{ to: "" }} onFinish={({ to, note = "" }) => go(destinationOf(to), note.trim())}>
        <Form.Item name="to" label={say("transferTo")}>
          <Select showSearch={{ optionFilterProp: "label" }} loading={!colleagues.value && !colleagues.problem} options={options} />
        </Form.Item>
        <Form.Item name="note" label={say("noteForColleague")}>
          <Input.TextArea rows={3} maxLength={2000} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
