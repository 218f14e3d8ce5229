// Doing what a person asked for: repeated under one request id while the outcome is unknown, and shown if it went wrong.

import { App } from "antd";
import { useRef, useState } from "react";
import { newRequestId } from "../../shared/api.js";
import { problemOf } from "../../shared/problem.js";
import { repeat } from "../../shared/repeat.js";
import { problemText } from "../texts.js";
import { useSpeech } from "./language.js";

export type Act = (work: (requestId: string) => Promise<unknown>) => Promise<boolean>;

// Resolves to whether it was done. `busy` while it goes on: a second click does nothing.
export function useAct(): { act: Act; busy: boolean } {
  const { message } = App.useApp();
  const { language } = useSpeech();
  const [busy, setBusy] = useState(false);
  const running = useRef(false);
  const act: Act = async (work) => {
    if (running.current) return false;
    running.current = true;
    setBusy(true);
    try {
      await repeat(newRequestId(), work);
      return true;
    } catch (error) {
      void message.error(problemText(language, problemOf(error)));
      return false;
    } finally {
      running.current = false;
      setBusy(false);
    }
  };
  return { act, busy };
}
