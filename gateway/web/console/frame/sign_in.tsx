// The way in: a shop, a login, a password; for a demonstration's people a click.

import { Alert, Button, Divider, Form, Input } from "antd";
import { useState } from "react";
import { problemOf, type Problem } from "../../shared/problem.js";
import { problemText } from "../texts.js";
import { knownDemo } from "./demo.js";
import { signIn } from "./identity.js";
import { useSpeech } from "./language.js";

interface Fields {
  readonly shop?: string;
  readonly login: string;
  readonly password: string;
}

export function SignIn({ again }: { again: boolean }) {
  const { language, say, choose } = useSpeech();
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const submit = async ({ shop, login, password }: Fields) => {
    setBusy(true);
    setProblem(undefined);
    try {
      await signIn(shop?.trim() ?? "", login.trim(), password);
    } catch (error) {
      setProblem(problemOf(error));
      setBusy(false);
    }
  };
  const demo = knownDemo();
  const needed = [{ required: true, message: say("required") }];
  return (
    <main className="sign-in">
      <Form<Fields> layout="vertical" onFinish={(fields) => void submit(fields)} className="sign-in-card">
        <div className="sign-in-head">
          <h1>{say("product")}</h1>
          <Button type="text" onClick={() => choose(language === "zh" ? "en" : "zh")}>
            {say("language")}
          </Button>
        </div>
        {again && !problem && <Alert type="info" showIcon title={say("signedOut")} />}
        {problem && <Alert type="error" showIcon title={problemText(language, problem)} />}
        <Form.Item name="shop" label={say("shop")} extra={say("shopHint")}>
          <Input autoComplete="organization" />
        </Form.Item>
        <Form.Item name="login" label={say("login")} rules={needed}>
          <Input autoComplete="username" autoFocus />
        </Form.Item>
        <Form.Item name="password" label={say("password")} rules={needed}>
          <Input.Password autoComplete="current-password" />
        </Form.Item>
        <Button type="primary" htmlType="submit" block loading={busy}>
          {say("signIn")}
        </Button>
        {demo && (
          <>
            <Divider plain>{say("demoPeople")}</Divider>
            <div className="demo-people">
              {demo.logins.map((login) => (
                <Button key={login} disabled={busy} onClick={() => void submit({ ...demo, login })}>
                  {login}
                </Button>
              ))}
            </div>
          </>
        )}
      </Form>
    </main>
  );
}
