// API keys of the shop's programs.

import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Button, Form, Input, Select, Table, Tag } from "antd";
import { useState } from "react";
import type { Agent, ApiKey } from "../../gen/kefu/gateway/v1/admin_pb.js";
import { Scope } from "../../gen/kefu/options_pb.js";
import { useAct } from "../frame/act.js";
import { FormDialog } from "../frame/form_dialog.js";
import { useSpeech } from "../frame/language.js";
import { Shown, useLoad } from "../frame/load.js";
import type { TextKey } from "../texts.js";
import { allAgents } from "./agents_list.js";
import { useConfirm } from "../frame/confirm.js";
import { Secret } from "./secret.js";
import { useAdmin } from "./use_admin.js";

const scopes: readonly [Scope, TextKey][] = [
  [Scope.SESSIONS, "scopeSessions"],
  [Scope.SUGGEST, "scopeSuggest"],
  [Scope.ORDERS_READ, "scopeOrdersRead"],
  [Scope.CASES_WRITE, "scopeCasesWrite"],
  [Scope.CASES_DECIDE, "scopeCasesDecide"],
];

export function Keys() {
  const { say, locale } = useSpeech();
  const admin = useAdmin();
  const { act } = useAct();
  const confirm = useConfirm();
  const [making, setMaking] = useState(false);
  const [secret, setSecret] = useState<string>();
  const loaded = useLoad(
    async (signal) => {
      const [{ keys }, agents] = await Promise.all([admin.listApiKeys({}, { signal }), allAgents(admin, signal)]);
      return { keys, programs: agents.filter(({ program }) => program) };
    },
    [admin],
  );
  const time = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  const revoke = ({ keyId, displayName }: ApiKey) =>
    confirm({
      title: say("revokeKey", { name: displayName }),
      content: say("revokeHint"),
      ok: say("revoke"),
      go: async () => {
        if (await act((requestId) => admin.revokeApiKey({ requestId, keyId }))) loaded.again();
      },
    });
  return (
    <Shown loaded={loaded}>
      {({ keys, programs }) => (
        <>
          <header className="page-head">
            <h2>{say("apiKeys")}</h2>
            <Button type="primary" onClick={() => setMaking(true)}>
              {say("newKey")}
            </Button>
          </header>
          <Table<ApiKey>
            rowKey="keyId"
            size="small"
            dataSource={keys}
            pagination={{ pageSize: 50, hideOnSinglePage: true }}
            scroll={{ x: true }}
            locale={{ emptyText: say("noKeys") }}
            columns={[
              { title: say("name"), dataIndex: "displayName" },
              { title: say("keyFor"), render: (_, { agent }) => (agent === "" ? say("integrator") : (programs.find((one) => one.agent === agent)?.displayName ?? agent)) },
              { title: say("mayDo"), render: (_, key) => scopes.filter(([scope]) => key.scopes.includes(scope)).map(([scope, label]) => <Tag key={scope}>{say(label)}</Tag>) },
              { title: say("created"), render: (_, { createTime }) => createTime && time.format(timestampMs(createTime)) },
              {
                title: say("actions"),
                render: (_, key) =>
                  key.revoked ? (
                    <Tag color="error">{say("revoked")}</Tag>
                  ) : (
                    <Button size="small" danger aria-label={`${say("revoke")} ${key.displayName}`} onClick={() => revoke(key)}>
                      {say("revoke")}
                    </Button>
                  ),
              },
            ]}
          />
          {making && (
            <NewKey
              programs={programs}
              made={setSecret}
              close={(saved) => {
                setMaking(false);
                if (saved) loaded.again();
              }}
            />
          )}
          {secret !== undefined && <Secret title={say("newKey")} parts={{ [say("secret")]: secret }} close={() => setSecret(undefined)} />}
        </>
      )}
    </Shown>
  );
}

interface Fields {
  readonly displayName: string;
  readonly agent?: string;
  readonly scopes?: Scope[];
}

function NewKey({ programs, made, close }: { programs: readonly Agent[]; made(secret: string): void; close(saved: boolean): void }) {
  const { say } = useSpeech();
  const admin = useAdmin();
  const save = async ({ displayName, agent = "", scopes: granted = [] }: Fields, requestId: string) => {
    made((await admin.createApiKey({ requestId, displayName: displayName.trim(), agent, scopes: granted })).secret);
  };
  return (
    <FormDialog<Fields> title={say("newKey")} ok={say("create")} initial={{ displayName: "", agent: "", scopes: [] }} save={save} close={close}>
      <Form.Item name="displayName" label={say("name")} rules={[{ required: true, whitespace: true, message: say("required") }]}>
        <Input />
      </Form.Item>
      <Form.Item name="agent" label={say("keyFor")}>
        <Select options={[{ value: "", label: say("integrator") }, ...programs.map(({ agent, displayName }) => ({ value: agent, label: displayName }))]} />
      </Form.Item>
      <Form.Item noStyle dependencies={["agent"]}>
        {({ getFieldValue }) =>
          getFieldValue("agent") !== "" && (
            <Form.Item name="scopes" label={say("mayDo")} rules={[{ required: true, message: say("required") }]}>
              <Select mode="multiple" options={scopes.map(([value, label]) => ({ value, label: say(label) }))} />
            </Form.Item>
          )
        }
      </Form.Item>
    </FormDialog>
  );
}
