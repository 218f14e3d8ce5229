// Choosing what one does: for oneself, or by a supervisor for somebody else.

import { Badge, Select } from "antd";
import { Presence } from "../../gen/kefu/gateway/v1/session_pb.js";
import { useSpeech } from "../frame/language.js";
import type { TextKey } from "../texts.js";

const presences: readonly [Presence, TextKey, "success" | "warning" | "error" | "default"][] = [
  [Presence.ONLINE, "online", "success"],
  [Presence.BUSY, "busy", "warning"],
  [Presence.BREAK, "break", "warning"],
  [Presence.HUNG_UP, "hungUp", "error"],
  [Presence.OFFLINE, "offline", "default"],
];

interface PresenceSelectProps {
  readonly label: string;
  readonly presence: Presence | undefined;
  readonly busy: boolean;
  readonly disabled: boolean;
  choose(presence: Presence): void;
}

export function PresenceSelect({ label, presence, busy, disabled, choose }: PresenceSelectProps) {
  const { say } = useSpeech();
  return (
    <Select
      aria-label={label}
      className="presence"
      loading={busy}
      disabled={disabled}
      value={presence || Presence.OFFLINE}
      onChange={choose}
      options={presences.map(([value, name, dot]) => ({ value, label: <Badge status={dot} text={say(name)} /> }))}
    />
  );
}
