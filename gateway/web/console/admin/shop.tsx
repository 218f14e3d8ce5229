// The shop itself: its name, the pages that may embed the widget, the key of its buyers' signatures, forgetting a buyer.

import { Alert, App, Button, Card, Form, Input, Select } from "antd";
import { useState } from "react";
import type { Shop as ShopMessage } from "../../gen/kefu/gateway/v1/admin_pb.js";
import { useAct } from "../frame/act.js";
import { FormDialog, useSave } from "../frame/form_dialog.js";
import { useSpeech } from "../frame/language.js";
import { Shown, useLoad } from "../frame/load.js";
import { useConfirm } from "../frame/confirm.js";
import { Secret } from "./secret.js";
import { useAdmin } from "./use_admin.js";

export function Shop() {
  const { say } = useSpeech();
  const admin = useAdmin();
  const loaded = useLoad(async (signal) => (await admin.getShop({}, { signal })).shop, [admin]);
  return (
    <>
      <header className="page-head">
        <h2>{say("shop")}</h2>
      </header>
      <Shown loaded={loaded}>{(shop) => shop && <ShopForm key={shop.etag} shop={shop} again={loaded.again} />}</Shown>
      <IdentityKey />
      <EraseBuyer />
    </>
  );
}

interface Fields {
  readonly displayName: string;
  readonly origins: string[];
}

function ShopForm({ shop, again }: { shop: ShopMessage; again(): void }) {
  const { say } = useSpeech();
  const { message } = App.useApp();
  const admin = useAdmin();
  const [form] = Form.useForm<Fields>();
  const { save, busy, refused } = useSave(form, "shop");
  const { shop: id, etag, displayName, origins } = shop;
  const submit = async (fields: Fields) => {
    if (!(await save((requestId) => admin.updateShop({ requestId, shop: { shop: id, etag, ...fields } })))) return;
    void message.success(say("saved"));
    again();
  };
  return (
    <Card size="small" title={id}>
      {refused}
      <Form<Fields> form={form} layout="vertical" initialValues={{ displayName, origins }} onFinish={(fields) => void submit(fields)}>
        <Form.Item name="displayName" label={say("name")} rules={[{ required: true, whitespace: true, message: say("required") }]}>
          <Input />
        </Form.Item>
        <Form.Item name="origins" label={say("origins")} extra={say("originsHint")}>
          <Select mode="tags" open={false} suffixIcon={null} tokenSeparators={[",", " "]} placeholder="https://shop.example" />
        </Form.Item>
        <Button type="primary" htmlType="submit" loading={busy}>
          {say("save")}
        </Button>
      </Form>
    </Card>
  );
}

function IdentityKey() {
  const { say } = useSpeech();
  const admin = useAdmin();
  const { act } = useAct();
  const confirm = useConfirm();
  const [made, setMade] = useState<{ keyId: string; key: string }>();
  const rotate = () =>
    confirm({
      title: say("rotateKey"),
      content: say("rotateHint"),
      ok: say("rotateKey"),
      go: () =>
        act(async (requestId) => {
          const { keyId, key } = await admin.rotateIdentityKey({ requestId });
          setMade({ keyId, key });
        }),
    });
  return (
    <Card size="small" title={say("identityKey")}>
      <p className="faint">{say("identityKeyHint")}</p>
      <Button onClick={rotate}>{say("rotateKey")}</Button>
      {made && <Secret title={say("identityKey")} parts={{ [say("keyId")]: made.keyId, [say("secret")]: made.key }} close={() => setMade(undefined)} />}
    </Card>
  );
}

function EraseBuyer() {
  const { say } = useSpeech();
  const { message } = App.useApp();
  const admin = useAdmin();
  const [open, setOpen] = useState(false);
  interface EraseFields {
    readonly buyer: string;
    readonly again: string;
  }
  return (
    <Card size="small" title={say("eraseBuyer")}>
      <p className="faint">{say("eraseHint")}</p>
      <Button danger onClick={() => setOpen(true)}>
        {say("eraseBuyer")}
      </Button>
      {open && (
        <FormDialog<EraseFields>
          title={say("eraseBuyer")}
          ok={say("erase")}
          danger
          initial={{ buyer: "", again: "" }}
          save={({ buyer }, requestId) => admin.eraseBuyer({ requestId, buyer: buyer.trim() })}
          close={(erased) => {
            setOpen(false);
            if (erased) void message.success(say("erased"));
          }}
        >
          <Alert type="error" showIcon title={say("eraseWarning")} />
          <Form.Item name="buyer" label={say("buyerId")} rules={[{ required: true, message: say("required") }]}>
            <Input placeholder="b_…" autoComplete="off" />
          </Form.Item>
          <Form.Item
            name="again"
            label={say("buyerIdAgain")}
            dependencies={["buyer"]}
            rules={[
              ({ getFieldValue }) => ({
                validator: async (_, value) => {
                  if (value !== getFieldValue("buyer")) throw new Error(say("notTheSame"));
                },
              }),
            ]}
          >
            <Input autoComplete="off" />
          </Form.Item>
        </FormDialog>
      )}
    </Card>
  );
}
