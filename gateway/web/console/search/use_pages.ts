// A list that is read page after page; anew when what it is asked by changes.

import { useEffect, useState, type DependencyList } from "react";
import { problemOf, type Problem } from "../../shared/problem.js";

interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string;
}

export interface Pages<Item> {
  // undefined: not asked yet.
  readonly items: readonly Item[] | undefined;
  readonly problem: Problem | undefined;
  readonly busy: boolean;
  // There are more.
  readonly more: (() => void) | undefined;
}

// `by` undefined: nothing is asked.
export function usePages<Item>(load: (pageToken: string, signal: AbortSignal) => Promise<Page<Item>>, by: DependencyList | undefined): Pages<Item> {
  const [pages, setPages] = useState<Page<Item>>();
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const asked = by !== undefined;
  const read = async (pageToken: string, before: readonly Item[], signal: AbortSignal) => {
    setBusy(true);
    try {
      const { items, next } = await load(pageToken, signal);
      if (signal.aborted) return;
      setPages({ items: [...before, ...items], next });
      setProblem(undefined);
    } catch (error) {
      if (!signal.aborted) setProblem(problemOf(error));
    } finally {
      if (!signal.aborted) setBusy(false);
    }
  };
  useEffect(() => {
    setPages(undefined);
    setProblem(undefined);
    if (!asked) return;
    const life = new AbortController();
    void read("", [], life.signal);
    return () => life.abort();
  }, [asked, ...(by ?? [])]);
  const more = pages && pages.next !== "" ? () => void read(pages.next, pages.items, new AbortController().signal) : undefined;
  return { items: pages?.items, problem, busy, more };
}
