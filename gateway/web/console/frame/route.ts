// Where we are: the path after the #, so that every page has an address that any file server serves.

import { useSyncExternalStore } from "react";

function subscribe(listener: () => void): () => void {
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
}

// "/desk", "/board"; empty: the first page.
export function usePath(): string {
  return useSyncExternalStore(subscribe, () => location.hash.slice(1));
}

export function go(path: string): void {
  location.hash = path;
}
