// A secret that is shown once.

import { Alert, Modal, Typography } from "antd";
import { useSpeech } from "../frame/language.js";

export function Secret({ title, parts, close }: { title: string; parts: Readonly<Record<string, string>>; close(): void }) {
  const { say } = useSpeech();
  return (
    <Modal title={title} open okText={say("haveIt")} cancelButtonProps={{ hidden: true }} closable={false} onOk={close} mask={{ closable: false }}>
      <Alert type="warning" showIcon title={say("shownOnce")} />
      {Object.entries(parts).map(([name, value]) => (
        <p key={name}>
          <span className="faint">{name}</span>
          <Typography.Text code copyable={{ text: value }} className="secret">
            {value}
          </Typography.Text>
        </p>
      ))}
    </Modal>
  );
}
