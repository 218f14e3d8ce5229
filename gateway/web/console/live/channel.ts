// A tab's way to the feed: in the shared worker, or in the tab itself where the browser has none.

import { Feed, type Tell } from "./feed.js";

export type Asked = { readonly kind: "join"; readonly gateway: string; readonly token: string } | { readonly kind: "leave" };

// Returns how to leave. A port does not say that its tab is gone: the tab does; and it comes back when the browser shows
// it again as it was.
export function joinFeed(gateway: string, token: string, tell: Tell): () => void {
  const join = typeof SharedWorker === "undefined" ? joinHere : joinWorker;
  let leave = join(gateway, token, tell);
  const hidden = () => leave();
  const shown = ({ persisted }: PageTransitionEvent) => {
    if (persisted) leave = join(gateway, token, tell);
  };
  addEventListener("pagehide", hidden);
  addEventListener("pageshow", shown);
  return () => {
    leave();
    removeEventListener("pagehide", hidden);
    removeEventListener("pageshow", shown);
  };
}

function joinHere(gateway: string, token: string, tell: Tell): () => void {
  const feed = new Feed(gateway, token, () => undefined);
  feed.join(tell);
  return () => feed.leave(tell);
}

function joinWorker(gateway: string, token: string, tell: Tell): () => void {
  const worker = new SharedWorker(new URL("./worker.ts", import.meta.url), { type: "module", name: "kefu" });
  let leave = () => {
    worker.port.postMessage({ kind: "leave" } satisfies Asked);
    worker.port.onmessage = null;
  };
  // It could not be loaded: this tab listens for itself.
  worker.onerror = () => {
    leave = joinHere(gateway, token, tell);
  };
  worker.port.onmessage = ({ data }) => tell(data);
  worker.port.postMessage({ kind: "join", gateway, token } satisfies Asked);
  return () => leave();
}
