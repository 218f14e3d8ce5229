// Keys, the command palette and the sheet that lists both.

import { Input, Modal } from "antd";
import { useEffect, useRef, useState } from "react";
import { Session_State } from "../../../gen/kefu/gateway/v1/session_pb.js";
import { useAct } from "../../frame/act.js";
import { useApi } from "../../frame/api.js";
import { useDeskStore } from "../../frame/at_work.js";
import { useSpeech } from "../../frame/language.js";
import type { Held } from "../../live/held.js";
import { sorted } from "../lists/sorting.js";
import { bindings, palettePress, pressed } from "./bindings.js";
import { onDeskKey, tellDeskKey, type DeskKey } from "./events.js";

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input:not([readonly], [type='checkbox']), textarea, select, [contenteditable], [role='dialog']") !== null;
}

// What is over waits for nobody.
const longest = (sessions: readonly Held[]) =>
  sorted(sessions.filter(({ session, gone }) => session.state === Session_State.ACTIVE && !gone), "waiting")[0];

export function Keys() {
  const { say } = useSpeech();
  const desk = useDeskStore();
  const { agent } = useApi();
  const { act } = useAct();
  const [palette, setPalette] = useState(false);
  const [help, setHelp] = useState(false);
  useEffect(() => {
    const down = (event: KeyboardEvent) => {
      if (event.isComposing) return;
      const key = pressed(event, isWriting(event.target));
      if (!key) return;
      event.preventDefault();
      tellDeskKey(key);
    };
    addEventListener("keydown", down);
    return () => removeEventListener("keydown", down);
  }, []);
  useEffect(() => {
    const choose = (held: Held | undefined) => held && desk.choose(held.view.conversation);
    const step = (by: number) => {
      const all = sorted(desk.sessions, desk.order);
      const at = desk.current ? all.indexOf(desk.current) : -1;
      choose(all[(at + by + all.length) % all.length]);
    };
    return onDeskKey((key) => {
      if (key === "next") step(1);
      else if (key === "previous") step(-1);
      else if (key === "longest") choose(longest(desk.sessions));
      // It is about to be closed, or just was.
      else if (key === "longestElse") choose(longest(desk.sessions.filter((held) => held !== desk.current)));
      else if (key === "palette") setPalette(true);
      else if (key === "help") setHelp(true);
      else if (key === "accept") {
        const offered = desk.offers[0]?.session;
        if (offered) void act((requestId) => agent.acceptOffer({ requestId, session: offered.session, offer: offered.offer }));
      }
    });
  }, [desk, agent, act]);
  return (
    <>
      {palette && <Palette close={() => setPalette(false)} />}
      <Modal title={say("keys")} open={help} footer={null} onCancel={() => setHelp(false)}>
        <dl className="keys">
          {[...bindings.map(({ press, label }) => [press, say(label)]), [palettePress, say("palette")]].map(([press, label]) => (
            <div key={press}>
              <dt>
                <kbd>{press}</kbd>
              </dt>
              <dd>{label}</dd>
            </div>
          ))}
        </dl>
      </Modal>
    </>
  );
}

function Palette({ close }: { close(): void }) {
  const { say } = useSpeech();
  const [asked, setAsked] = useState("");
  const found = bindings.filter(({ label }) => say(label).toLowerCase().includes(asked.trim().toLowerCase()));
  const [at, setAt] = useState(0);
  const [open, setOpen] = useState(true);
  const picked = useRef<DeskKey>(undefined);
  const run = (index: number) => {
    picked.current = found[index]?.key;
    if (picked.current) setOpen(false);
  };
  // Done when the dialog no longer has the focus.
  const closed = () => {
    close();
    if (picked.current) tellDeskKey(picked.current);
  };
  return (
    <Modal title={say("palette")} open={open} footer={null} onCancel={() => setOpen(false)} afterClose={closed}>
      <Input
        autoFocus
        aria-label={say("paletteHint")}
        placeholder={say("paletteHint")}
        value={asked}
        onChange={({ target }) => {
          setAsked(target.value);
          setAt(0);
        }}
        onKeyDown={({ key }) => {
          if (key === "Enter") run(at);
          else if (key === "ArrowDown") setAt(Math.min(at + 1, found.length - 1));
          else if (key === "ArrowUp") setAt(Math.max(at - 1, 0));
        }}
      />
      <ul className="palette">
        {found.map(({ key, label, press }, i) => (
          <li key={key}>
            <button type="button" data-at={i === at} onClick={() => run(i)}>
              {say(label)} <kbd>{press}</kbd>
            </button>
          </li>
        ))}
      </ul>
    </Modal>
  );
}
