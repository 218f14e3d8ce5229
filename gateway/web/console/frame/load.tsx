// What a part of the page has to ask the server for, and what to show until it is there or if it is not.

import { Alert, Button, Spin } from "antd";
import { useEffect, useState, type DependencyList, type ReactNode } from "react";
import { problemOf, type Problem } from "../../shared/problem.js";
import { problemText } from "../texts.js";
import { useSpeech } from "./language.js";

export interface Loaded<Value> {
  readonly value: Value | undefined;
  readonly problem: Problem | undefined;
  again(): void;
}

// Asks when shown, and again when `deps` change; what was there stays until the next answer.
export function useLoad<Value>(load: (signal: AbortSignal) => Promise<Value>, deps: DependencyList): Loaded<Value> {
  const [value, setValue] = useState<Value>();
  const [problem, setProblem] = useState<Problem>();
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const life = new AbortController();
    load(life.signal).then(
      (found) => {
        if (life.signal.aborted) return;
        setValue(found);
        setProblem(undefined);
      },
      (error: unknown) => {
        if (!life.signal.aborted) setProblem(problemOf(error));
      },
    );
    return () => life.abort();
  }, [...deps, attempt]);
  return { value, problem, again: () => setAttempt(attempt + 1) };
}

export function Shown<Value>({ loaded, children }: { loaded: Loaded<Value>; children(value: Value): ReactNode }) {
  const { language, say } = useSpeech();
  const { value, problem, again } = loaded;
  const retry = (
    <Button size="small" onClick={again}>
      {say("retry")}
    </Button>
  );
  return (
    <>
      {problem && <Alert type="error" title={problemText(language, problem)} action={retry} />}
      {value !== undefined ? children(value) : !problem && <Spin className="loading" />}
    </>
  );
}
