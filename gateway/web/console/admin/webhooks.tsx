// Where carriers push to.

import { timestampMs } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { Button, Form, Input, Select, Table, Typography } from "antd";
import { useMemo, useState } from "react";
import { WebhookService, type Webhook } from "../../gen/kefu/gateway/v1/webhooks_pb.js";
import { useAct } from "../frame/act.js";
import { useApi } from "../frame/api.js";
import { FormDialog } from "../frame/form_dialog.js";
import { gateway } from "../frame/identity.js";
import { useSpeech } from "../frame/language.js";
import { Shown, useLoad } from "../frame/load.js";
import { useConfirm } from "../frame/confirm.js";
import { Secret } from "./secret.js";

const sources = ["aftership", "kuaidi100"];

interface Fields {
  readonly source: string;
  readonly displayName: string;
  readonly secret?: string;
}

export function Webhooks() {
  const { say, locale } = useSpeech();
  const { transport } = useApi();
  const service = useMemo(() => createClient(WebhookService, transport), [transport]);
  const { act } = useAct();
  const confirm = useConfirm();
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<{ url: string; secret: string }>();
  const loaded = useLoad(async (signal) => (await service.listWebhooks({}, { signal })).webhooks, [service]);
  const time = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  const save = async ({ source, displayName, secret = "" }: Fields, requestId: string) => {
    const answer = await service.createWebhook({ requestId, source, displayName: displayName.trim(), secret });
    setMade({ url: `${gateway}${answer.webhook?.path ?? ""}`, secret: answer.secret });
  };
  const remove = ({ webhook, displayName }: Webhook) =>
    confirm({
      title: say("removeWebhook", { name: displayName }),
      content: say("removeWebhookHint"),
      ok: say("remove"),
      go: async () => {
        if (await act((requestId) => service.deleteWebhook({ requestId, webhook }))) loaded.again();
      },
    });
  return (
    <>
      <header className="page-head">
        <h2>{say("webhooks")}</h2>
        <Button type="primary" onClick={() => setMaking(true)}>
          {say("newWebhook")}
        </Button>
      </header>
      <Shown loaded={loaded}>
        {(webhooks) => (
          <Table<Webhook>
            rowKey="webhook"
            size="small"
            dataSource={webhooks}
            pagination={false}
            scroll={{ x: true }}
            locale={{ emptyText: say("noWebhooks") }}
            columns={[
              { title: say("name"), dataIndex: "displayName" },
              { title: say("source"), dataIndex: "source" },
              { title: say("address"), render: (_, { path }) => <Typography.Text copyable>{`${gateway}${path}`}</Typography.Text> },
              { title: say("created"), render: (_, { createTime }) => createTime && time.format(timestampMs(createTime)) },
              {
                title: say("actions"),
                render: (_, webhook) => (
                  <Button size="small" danger aria-label={`${say("remove")} ${webhook.displayName}`} onClick={() => remove(webhook)}>
                    {say("remove")}
                  </Button>
                ),
              },
            ]}
          />
        )}
      </Shown>
      {making && (
        <FormDialog<Fields>
          title={say("newWebhook")}
          ok={say("create")}
          initial={{ source: sources[0]!, displayName: "", secret: "" }}
          save={save}
          close={(saved) => {
            setMaking(false);
            if (saved) loaded.again();
          }}
        >
          <Form.Item name="source" label={say("source")}>
            <Select options={sources.map((value) => ({ value, label: value }))} />
          </Form.Item>
          <Form.Item name="displayName" label={say("name")} rules={[{ required: true, whitespace: true, message: say("required") }]}>
            <Input />
          </Form.Item>
          <Form.Item name="secret" label={say("secret")} extra={say("webhookSecretHint")}>
            <Input.Password autoComplete="off" />
          </Form.Item>
        </FormDialog>
      )}
      {made && <Secret title={say("newWebhook")} parts={{ [say("address")]: made.url, [say("secret")]: made.secret }} close={() => setMade(undefined)} />}
    </>
  );
}
