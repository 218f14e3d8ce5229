// Where the agent writes: to the buyer, or a note for the staff.

import { App, Button, Input, Segmented, type GetRef } from "antd";
import { memo, useEffect, useRef, useState, type ClipboardEvent, type KeyboardEvent } from "react";
import type { Suggestion } from "../../../gen/kefu/gateway/v1/agent_pb.js";
import { useSpeech } from "../../frame/language.js";
import type { Held } from "../../live/held.js";
import { onDeskKey } from "../keys/events.js";

// The gateway's limit, in bytes of UTF-8.
const maxBytes = 8192;

interface ComposerProps {
  readonly held: Held;
  readonly suggestion: Suggestion | undefined;
  // The session is over, its notes are being written.
  readonly noteOnly: boolean;
}

// Drawn again only for what it shows, not for every message.
export const Composer = memo(function Composer({ held, suggestion, noteOnly }: ComposerProps) {
  const { message } = App.useApp();
  const { say } = useSpeech();
  const [body, setBody] = useState(held.draft);
  const [mode, setMode] = useState<"reply" | "note">(held.draftIsNote ? "note" : "reply");
  const field = useRef<GetRef<typeof Input.TextArea>>(null);
  const note = noteOnly || mode === "note";
  useEffect(() => {
    held.draftIsNote = note;
  }, [held, note]);
  const write = (words: string) => {
    setBody(words);
    held.draft = words;
    // A note begun after the end stays one when the session goes on.
    if (note) setMode("note");
    if (!note) held.typing.input(words);
  };
  useEffect(
    () =>
      onDeskKey((key) => {
        if (key !== "reply" && key !== "note") return;
        setMode(key);
        field.current?.focus();
      }),
    [],
  );
  const send = () => {
    const words = body.trim();
    if (words === "") return;
    if (new TextEncoder().encode(words).length > maxBytes) {
      void message.warning(say("tooLong"));
      return;
    }
    held.outbox.add({ body: words, note });
    held.typing.stop();
    write("");
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  const onPaste = ({ clipboardData }: ClipboardEvent) => {
    if ([...clipboardData.items].some(({ kind }) => kind === "file")) void message.info(say("noPictures"));
  };
  const dismiss = () => {
    held.suggestion = undefined;
    held.changed();
  };
  return (
    <div className={`composer ${note ? "note" : ""}`}>
      {suggestion && !noteOnly && (
        <div className="suggestion">
          <p className="faint">{say("suggestion", { name: suggestion.agentDisplayName || suggestion.agent })}</p>
          <p dir="auto">{suggestion.text}</p>
          <span className="buttons">
            <Button
              size="small"
              type="primary"
              onClick={() => {
                write(suggestion.text);
                dismiss();
                field.current?.focus();
              }}
            >
              {say("useSuggestion")}
            </Button>
            <Button size="small" onClick={dismiss}>
              {say("dismiss")}
            </Button>
          </span>
        </div>
      )}
      {!noteOnly && (
        <Segmented
          size="small"
          value={mode}
          onChange={setMode}
          options={[
            { value: "reply", label: say("reply") },
            { value: "note", label: say("note") },
          ]}
        />
      )}
      <div className="compose">
        <Input.TextArea
          ref={field}
          id="composer"
          aria-label={say(note ? "note" : "reply")}
          placeholder={say(note ? "noteHint" : "replyHint")}
          rows={2}
          value={body}
          onChange={({ target }) => write(target.value)}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
        />
        <Button type="primary" onClick={send} disabled={body.trim() === ""}>
          {say("send")}
        </Button>
      </div>
    </div>
  );
});
