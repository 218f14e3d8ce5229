// The shared worker: one feed for each sign-in, for all tabs of the browser.

import { Feed, type Tell } from "./feed.js";
import type { Asked } from "./channel.js";

declare const self: { onconnect: (event: MessageEvent) => void };

const feeds = new Map<string, Feed>();

function feedOf({ gateway, token }: { gateway: string; token: string }): Feed {
  let feed = feeds.get(token);
  if (!feed) {
    feed = new Feed(gateway, token, () => feeds.delete(token));
    feeds.set(token, feed);
  }
  return feed;
}

self.onconnect = (event) => {
  const port = event.ports[0]!;
  const tell: Tell = (told) => port.postMessage(told);
  let feed: Feed | undefined;
  port.onmessage = ({ data }: MessageEvent<Asked>) => {
    feed?.leave(tell);
    feed = data.kind === "join" ? feedOf(data) : undefined;
    feed?.join(tell);
  };
};
