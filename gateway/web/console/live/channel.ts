// A tab's way to the feed: in the shared worker, or in the tab itself where the browser has none.

import { Feed, type Tell } from "./feed.js";

export type Asked = { readonly kind: "join"; readonly gateway: string; readonly token: string } | { readonly kind: "leave" };

// Returns how to leave.
export function joinFeed(gateway: string, token: string, tell: Tell): () => void {
  if (typeof SharedWorker === "undefined") {
    const feed = new Feed(gateway, token, () => undefined);
    feed.join(tell);
    return () => feed.leave(tell);
  }
  const worker = new SharedWorker(new URL("./worker.ts", import.meta.url), { type: "module", name: "kefu" });
  worker.port.onmessage = ({ data }) => tell(data);
  worker.port.postMessage({ kind: "join", gateway, token } satisfies Asked);
  const leave = () => {
    worker.port.postMessage({ kind: "leave" } satisfies Asked);
    worker.port.onmessage = null;
    removeEventListener("pagehide", leave);
  };
  // A port does not say that its tab is gone.
  addEventListener("pagehide", leave);
  return leave;
}
