// The installation's operator: shops, people, and a shop's first administrator. The operator belongs to no shop, so this
// page stands beside the frame; the key is kept in this tab only.

import { createClient, type Client } from "@connectrpc/connect";
import { Alert, Button, Card, Form, Input, Result, Steps, Table } from "antd";
import { useMemo, useState } from "react";
import { OperatorService, type Shop } from "../../gen/kefu/gateway/v1/admin_pb.js";
import { transportTo } from "../../shared/api.js";
import { gateway } from "../frame/identity.js";
import { useSpeech } from "../frame/language.js";
import { Shown, useLoad } from "../frame/load.js";
import { go } from "../frame/route.js";
import { Secret } from "../admin/secret.js";
import { AdministratorForm, DisablePersonForm, PersonForm, ShopForm } from "./forms.js";
import "../admin/admin.css";

const storageKey = "kefu.operator";

export default function OperatorPage() {
  const { language, say, choose } = useSpeech();
  const [key, setKey] = useState(() => sessionStorage.getItem(storageKey) ?? "");
  const enter = ({ key: given }: { key: string }) => {
    sessionStorage.setItem(storageKey, given.trim());
    setKey(given.trim());
  };
  const leave = () => {
    sessionStorage.removeItem(storageKey);
    setKey("");
  };
  return (
    <div className="shell">
      <header className="bar">
        <span className="brand">kefu</span>
        <span className="standing">{say("operator")}</span>
        <Button type="text" onClick={() => choose(language === "zh" ? "en" : "zh")}>
          {say("language")}
        </Button>
        {key !== "" && <Button onClick={leave}>{say("leave")}</Button>}
      </header>
      {key !== "" ? (
        <Installation operatorKey={key} />
      ) : (
        <main className="sign-in">
          <Form<{ key: string }> layout="vertical" className="sign-in-card" onFinish={enter}>
            <Form.Item name="key" label={say("operatorKey")} extra={say("operatorKeyHint")} rules={[{ required: true, message: say("required") }]}>
              <Input.Password autoFocus autoComplete="off" />
            </Form.Item>
            <Button type="primary" htmlType="submit" block>
              {say("enter")}
            </Button>
          </Form>
        </main>
      )}
    </div>
  );
}

type Dialog = "shop" | "person" | "disable" | "administrator" | { readonly change: Shop };

async function allShops(operator: Client<typeof OperatorService>, signal: AbortSignal): Promise<Shop[]> {
  const shops: Shop[] = [];
  let pageToken = "";
  do {
    const page = await operator.listShops({ pageSize: 500, pageToken }, { signal });
    shops.push(...page.shops);
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return shops;
}

function Installation({ operatorKey }: { operatorKey: string }) {
  const { say } = useSpeech();
  const operator = useMemo(() => createClient(OperatorService, transportTo(gateway, () => operatorKey)), [operatorKey]);
  const [dialog, setDialog] = useState<Dialog>();
  const [secret, setSecret] = useState<Readonly<Record<string, string>>>();
  const [person, setPerson] = useState("");
  const [administrator, setAdministrator] = useState("");
  const loaded = useLoad((signal) => allShops(operator, signal), [operator]);
  const close = (saved: boolean) => {
    setDialog(undefined);
    if (saved) loaded.again();
  };
  return (
    <main className="section">
      <Shown loaded={loaded}>
        {(shops) => (
          <>
            <header className="page-head">
              <h2>{say("shops")}</h2>
              <span className="buttons">
                <Button onClick={() => setDialog("disable")}>{say("personDisabled")}</Button>
                <Button type={shops.length > 0 && person === "" ? "primary" : "default"} onClick={() => setDialog("person")}>
                  {say("newPerson")}
                </Button>
                <Button type={person !== "" && administrator === "" ? "primary" : "default"} disabled={shops.length === 0} onClick={() => setDialog("administrator")}>
                  {say("makeAgent")}
                </Button>
                <Button type={shops.length === 0 ? "primary" : "default"} onClick={() => setDialog("shop")}>
                  {say("newShop")}
                </Button>
              </span>
            </header>
            {(shops.length === 0 || person !== "") && (
              <Card size="small">
                <p>{say("firstRun")}</p>
                <Steps
                  size="small"
                  current={shops.length === 0 ? 0 : person === "" ? 1 : administrator === "" ? 2 : 3}
                  items={[{ title: say("newShop") }, { title: say("newPerson") }, { title: say("makeAgent") }]}
                />
              </Card>
            )}
            {administrator !== "" && <Result status="success" title={say("stepDone", { login: administrator })} extra={<Button onClick={() => go("")}>{say("toSignIn")}</Button>} />}
            {person !== "" && administrator === "" && <Alert type="info" showIcon title={say("personMade", { login: person })} />}
            <Table<Shop>
              rowKey="shop"
              size="small"
              dataSource={shops}
              pagination={{ pageSize: 50, hideOnSinglePage: true }}
              scroll={{ x: true }}
              locale={{ emptyText: say("noShops") }}
              columns={[
                { title: say("shopId"), dataIndex: "shop" },
                { title: say("name"), dataIndex: "displayName" },
                { title: say("origins"), render: (_, { origins }) => origins.join(" ") },
                {
                  title: say("actions"),
                  render: (_, shop) => (
                    <Button size="small" aria-label={`${say("change")} ${shop.shop}`} onClick={() => setDialog({ change: shop })}>
                      {say("change")}
                    </Button>
                  ),
                },
              ]}
            />
            {dialog === "shop" && <ShopForm operator={operator} made={setSecret} close={close} />}
            {typeof dialog === "object" && <ShopForm operator={operator} shop={dialog.change} made={setSecret} close={close} />}
            {dialog === "person" && <PersonForm operator={operator} made={setPerson} close={close} />}
            {dialog === "disable" && <DisablePersonForm operator={operator} close={close} />}
            {dialog === "administrator" && <AdministratorForm operator={operator} shops={shops} login={person} made={setAdministrator} close={close} />}
            {secret && <Secret title={say("identityKey")} parts={secret} close={() => setSecret(undefined)} />}
          </>
        )}
      </Shown>
    </main>
  );
}
