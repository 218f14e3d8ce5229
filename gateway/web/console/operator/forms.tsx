// What the operator makes: shops, people, administrators.

import type { Client } from "@connectrpc/connect";
import { Form, Input, Select, Switch } from "antd";
import type { OperatorService, Shop } from "../../gen/kefu/gateway/v1/admin_pb.js";
import { Role } from "../../gen/kefu/options_pb.js";
import { FormDialog } from "../frame/form_dialog.js";
import { useSpeech } from "../frame/language.js";

interface Props {
  readonly operator: Client<typeof OperatorService>;
  close(saved: boolean): void;
}

function useNeeded() {
  const { say } = useSpeech();
  return [{ required: true, whitespace: true, message: say("required") }];
}

interface ShopFields {
  readonly shop: string;
  readonly displayName: string;
  readonly origins: string[];
}

// A new one, or one that changes.
export function ShopForm({ operator, shop, made, close }: Props & { shop?: Shop; made(secret: Record<string, string>): void }) {
  const { say } = useSpeech();
  const needed = useNeeded();
  const save = async (fields: ShopFields, requestId: string) => {
    if (shop) return await operator.updateShopOf({ requestId, shop: { ...fields, shop: shop.shop } });
    const answer = await operator.createShop({ requestId, shop: fields });
    made({ [say("keyId")]: answer.identityKeyId, [say("secret")]: answer.identityKey });
    return answer;
  };
  const initial = { shop: shop?.shop ?? "", displayName: shop?.displayName ?? "", origins: shop?.origins ?? [] };
  return (
    <FormDialog<ShopFields> title={shop?.shop ?? say("newShop")} ok={say(shop ? "save" : "create")} within="shop" initial={initial} save={save} close={close}>
      <Form.Item name="shop" label={say("shopId")} extra={say("shopIdHint")} rules={needed} hidden={shop !== undefined}>
        <Input autoComplete="off" />
      </Form.Item>
      <Form.Item name="displayName" label={say("name")} rules={needed}>
        <Input autoComplete="off" />
      </Form.Item>
      <Form.Item name="origins" label={say("origins")} extra={say("originsHint")}>
        <Select mode="tags" open={false} suffixIcon={null} tokenSeparators={[",", " "]} placeholder="https://shop.example" />
      </Form.Item>
    </FormDialog>
  );
}

interface PersonFields {
  readonly login: string;
  readonly displayName: string;
  readonly password: string;
}

export function PersonForm({ operator, made, close }: Props & { made(login: string): void }) {
  const { say } = useSpeech();
  const needed = useNeeded();
  const save = async (fields: PersonFields, requestId: string) => {
    await operator.createPerson({ requestId, ...fields });
    made(fields.login);
  };
  return (
    <FormDialog<PersonFields> title={say("newPerson")} ok={say("create")} initial={{ login: "", displayName: "", password: "" }} save={save} close={close}>
      <Form.Item name="login" label={say("login")} rules={needed}>
        <Input autoComplete="off" />
      </Form.Item>
      <Form.Item name="displayName" label={say("name")} rules={needed}>
        <Input autoComplete="off" />
      </Form.Item>
      <Form.Item name="password" label={say("password")} extra={say("newPasswordHint")} rules={needed}>
        <Input.Password autoComplete="new-password" />
      </Form.Item>
    </FormDialog>
  );
}

interface DisableFields {
  readonly login: string;
  readonly disabled: boolean;
}

export function DisablePersonForm({ operator, close }: Props) {
  const { say } = useSpeech();
  const needed = useNeeded();
  return (
    <FormDialog<DisableFields>
      title={say("personDisabled")}
      ok={say("save")}
      initial={{ login: "", disabled: true }}
      save={(fields, requestId) => operator.setPersonDisabled({ requestId, ...fields })}
      close={close}
    >
      <Form.Item name="login" label={say("login")} rules={needed}>
        <Input autoComplete="off" />
      </Form.Item>
      <Form.Item name="disabled" label={say("disabled")} extra={say("disabledHint")} valuePropName="checked">
        <Switch />
      </Form.Item>
    </FormDialog>
  );
}

interface AdministratorFields {
  readonly shop: string;
  readonly login: string;
  readonly displayName: string;
}

export function AdministratorForm({ operator, shops, login, made, close }: Props & { shops: readonly Shop[]; login: string; made(login: string): void }) {
  const { say } = useSpeech();
  const needed = useNeeded();
  const save = async ({ shop, ...person }: AdministratorFields, requestId: string) => {
    await operator.createAgentIn({ requestId, shop, agent: { ...person, role: Role.ADMIN, capacity: 100 } });
    made(person.login);
  };
  const initial = { shop: shops.at(-1)?.shop ?? "", login, displayName: login };
  return (
    <FormDialog<AdministratorFields> title={say("makeAgent")} ok={say("save")} within="agent" initial={initial} save={save} close={close}>
      <Form.Item name="shop" label={say("shop")} rules={needed}>
        <Select options={shops.map(({ shop, displayName }) => ({ value: shop, label: `${displayName} (${shop})` }))} />
      </Form.Item>
      <Form.Item name="login" label={say("login")} rules={needed}>
        <Input autoComplete="off" />
      </Form.Item>
      <Form.Item name="displayName" label={say("name")} rules={needed}>
        <Input autoComplete="off" />
      </Form.Item>
    </FormDialog>
  );
}
