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
  let port: MessagePort;
  const join = () => {
    ({ port } = new SharedWorker(new URL("./worker.ts", import.meta.url), { type: "module", name: "kefu" }));
    port.onmessage = ({ data }) => tell(data);
    port.postMessage({ kind: "join", gateway, token } satisfies Asked);
  };
  const leave = () => {
    port.postMessage({ kind: "leave" } satisfies Asked);
    port.onmessage = null;
  };
  // Back from the browser's memory of pages, as it was left.
  const shown = ({ persisted }: PageTransitionEvent) => {
    if (persisted) join();
  };
  join();
  // A port does not say that its tab is gone.
  addEventListener("pagehide", leave);
  addEventListener("pageshow", shown);
  return () => {
    leave();
    removeEventListener("pagehide", leave);
    removeEventListener("pageshow", shown);
  };
}
