// The top bar and the page below it.

import { BulbOutlined, LockOutlined, LogoutOutlined, MoonOutlined, SunOutlined, TranslationOutlined, UserOutlined } from "@ant-design/icons";
import { Button, Dropdown, Result, Spin } from "antd";
import { Suspense, useState } from "react";
import { Presence } from "../../gen/kefu/gateway/v1/session_pb.js";
import { Standing } from "../desk/standing.js";
import { useAct } from "./act.js";
import { useApi } from "./api.js";
import { useMe } from "./at_work.js";
import { Boundary } from "./boundary.js";
import { serves, signOut } from "./identity.js";
import { useSpeech } from "./language.js";
import { pages } from "./pages.js";
import { ChangePassword } from "./password.js";
import { go, usePath } from "./route.js";
import { useLook, type Look } from "./theme.js";

export function Shell() {
  const { say } = useSpeech();
  const me = useMe();
  const path = usePath();
  const mine = pages.filter(({ roles }) => roles.includes(me.role));
  const current = path === "" ? mine[0] : mine.find((page) => path === page.path || path.startsWith(`${page.path}/`));
  return (
    <div className="shell">
      <header className="bar">
        <span className="brand">kefu</span>
        <nav>
          {mine.map(({ path: to, label }) => (
            <a key={to} href={`#${to}`} aria-current={current?.path === to ? "page" : undefined}>
              {say(label)}
            </a>
          ))}
        </nav>
        {serves(me) ? <Standing /> : <span className="standing" />}
        <Settings />
      </header>
      <Boundary key={current?.path ?? ""} say={say}>
        <Suspense fallback={<Spin className="loading" />}>
          {current ? <current.Page /> : <Lost />}
        </Suspense>
      </Boundary>
    </div>
  );
}

function Lost() {
  const { say } = useSpeech();
  const back = <Button onClick={() => go("")}>{say("toDesk")}</Button>;
  return <Result status="404" title={say("notFound")} extra={back} />;
}

function Settings() {
  const { language, say, choose } = useSpeech();
  const { look, choose: chooseLook } = useLook();
  const me = useMe();
  const { agent } = useApi();
  const { act } = useAct();
  const [password, setPassword] = useState(false);
  const looks: [Look, "themeLight" | "themeDark" | "themeSystem"][] = [
    ["light", "themeLight"],
    ["dark", "themeDark"],
    ["system", "themeSystem"],
  ];
  // Whoever leaves gives the sessions back; and leaves, even if that could not be said.
  const leave = async () => {
    if (serves(me)) await act((requestId) => agent.setPresence({ requestId, presence: Presence.OFFLINE }));
    await signOut();
  };
  return (
    <span className="settings">
      <Button type="text" aria-label={say("language")} title={say("language")} icon={<TranslationOutlined />} onClick={() => choose(language === "zh" ? "en" : "zh")}>
        <span className="roomy">{say("language")}</span>
      </Button>
      <Dropdown
        trigger={["click"]}
        menu={{
          selectable: true,
          selectedKeys: [look],
          items: looks.map(([key, label]) => ({ key, label: say(label) })),
          onClick: ({ key }) => chooseLook(key as Look),
        }}
      >
        <Button
          type="text"
          aria-label={say("theme")}
          icon={look === "dark" ? <MoonOutlined /> : look === "light" ? <SunOutlined /> : <BulbOutlined />}
        />
      </Dropdown>
      <Dropdown
        trigger={["click"]}
        menu={{ items: [
            { key: "password", icon: <LockOutlined />, label: say("changePassword"), onClick: () => setPassword(true) },
            { key: "out", icon: <LogoutOutlined />, label: say("signOut"), onClick: () => void leave() },
          ],
        }}
      >
        <Button type="text" aria-label={me.name} title={me.name} icon={<UserOutlined />}>
          <span className="roomy">{me.name}</span>
        </Button>
      </Dropdown>
      {password && <ChangePassword close={() => setPassword(false)} />}
    </span>
  );
}
