// Changing one's own password.

import { createClient } from "@connectrpc/connect";
import { App, Form, Input } from "antd";
import { AuthService } from "../../gen/kefu/gateway/v1/auth_pb.js";
import { useApi } from "./api.js";
import { FormDialog } from "./form_dialog.js";
import { useSpeech } from "./language.js";

interface Fields {
  readonly oldPassword: string;
  readonly newPassword: string;
}

export function ChangePassword({ close }: { close(): void }) {
  const { say } = useSpeech();
  const { message } = App.useApp();
  const { transport } = useApi();
  const save = (fields: Fields, requestId: string) => createClient(AuthService, transport).changePassword({ requestId, ...fields });
  const closed = (saved: boolean) => {
    if (saved) void message.success(say("saved"));
    close();
  };
  return (
    <FormDialog<Fields> title={say("changePassword")} ok={say("save")} initial={{ oldPassword: "", newPassword: "" }} save={save} close={closed}>
      <Form.Item name="oldPassword" label={say("oldPassword")} rules={[{ required: true, message: say("required") }]}>
        <Input.Password autoComplete="current-password" />
      </Form.Item>
      <Form.Item name="newPassword" label={say("newPassword")} extra={say("newPasswordHint")} rules={[{ required: true, min: 10, max: 128, message: say("newPasswordHint") }]}>
        <Input.Password autoComplete="new-password" />
      </Form.Item>
    </FormDialog>
  );
}
