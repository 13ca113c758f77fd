import { parseChannel } from "@keywire/shared";
import { expect, it } from "vitest";
import { firehoseFeed, ownFeed } from "./feed.js";
import type { Feed } from "./need.js";
import { Need } from "./need.js";
import { NodeFeeds } from "./node-feeds.js";

it("holds on to an acknowledged feed that is refused as it is asked for once more", () => {
  const asked: Feed[] = [];
  const port = {
    subscribe: (feed: Feed) => asked.push(feed),
    unsubscribe: () => {},
    lastGood: 0,
    guardedSince: () => undefined,
    probe: () => {},
  };
  const node = new NodeFeeds("A", port, () => 0);
  const all = new Need(parseChannel("prefix:"));
  const key = new Need(parseChannel("key:a"));
  const [broad, own] = [firehoseFeed(0), ownFeed(key)];
  for (const feed of [broad, own]) {
    node.request(feed);
    node.acknowledge(feed);
  }
  node.serve(all, broad);
  node.serve(key, own);
  node.take(key, broad);
  expect(asked).toEqual([broad, own, broad]);
  // BUSY, or an ACL that was changed meanwhile: what stands is told of all the same.
  node.forget(broad);
  expect(node.feedOf(all)).toBe(broad);
  expect(node.isActive(broad)).toBe(true);
  node.take(key, broad);
  expect(asked).toHaveLength(4);
});
