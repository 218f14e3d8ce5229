// Asking before what cannot be taken back.

import { App } from "antd";
import { useSpeech } from "./language.js";

export function useConfirm(): (what: { title: string; content: string; ok: string; go(): Promise<unknown> }) => void {
  const { modal } = App.useApp();
  const { say } = useSpeech();
  return ({ title, content, ok, go }) =>
    void modal.confirm({ title, content, okText: ok, okButtonProps: { danger: true }, cancelText: say("cancel"), onOk: go });
}
