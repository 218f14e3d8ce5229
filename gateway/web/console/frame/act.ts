// Doing what a person asked for: repeated under one request id while the outcome is unknown, and shown if it went wrong.

import { App } from "antd";
import { useRef, useState } from "react";
import { newRequestId } from "../../shared/api.js";
import { problemOf, type Problem } from "../../shared/problem.js";
import { repeat } from "../../shared/repeat.js";
import { problemText } from "../texts.js";
import { useSpeech } from "./language.js";

export type Act = (work: (requestId: string) => Promise<unknown>) => Promise<boolean>;

// Resolves to whether it was done. `busy` while it goes on: a second click does nothing. `shown` takes a refusal that has
// a better place than a message in passing, and says whether it did.
export function useAct(shown: (problem: Problem) => boolean = () => false): { act: Act; busy: boolean } {
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
      const problem = problemOf(error);
      if (!shown(problem)) void message.error(problemText(language, problem));
      return false;
    } finally {
      running.current = false;
      setBusy(false);
    }
  };
  return { act, busy };
}
