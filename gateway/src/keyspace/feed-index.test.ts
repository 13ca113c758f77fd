import { exactGlob, parseChannel } from "@keywire/shared";
import { expect, it } from "vitest";
import { firehoseFeed, keyFeed } from "./feed.js";
import { enlist, match, strike } from "./feed-index.js";
import type { Feed } from "./need.js";
import { Need } from "./need.js";

const need = (channel: string) => new Need(parseChannel(channel));
const said = (key: string, event = "set", db = 0) => {
  return { db, key: Buffer.from(key), latin1: key, event };
};

function found(feed: Feed, ...event: Parameters<typeof said>): string[] {
  const ids: string[] = [];
  match(feed, said(...event), ({ id }) => ids.push(id));
  return ids.sort();
}

it("a feed of one key has all that comes on it for each of its needs", () => {
  const feed = keyFeed(exactGlob(Buffer.from("a")), 1, 0);
  expect(found(feed, "a")).toEqual([]);
  const key = need("key:a");
  enlist(feed, key);
  enlist(feed, key);
  expect(found(feed, "a")).toEqual([key.id]);
  strike(feed, key);
  expect(found(feed, "a")).toEqual([]);
});

it("finds whom an event concerns, as needs come and go", () => {
  const feed = firehoseFeed("*");
  const needs = ["key:a1", "prefix:a", "pattern:*1", "event:del", "prefix@3:a"].map(need);
  const [key, prefix, pattern, event, elsewhere] = needs.map(({ id }) => id);
  for (const one of needs) {
    enlist(feed, one);
    expect(found(feed, "a1")).toContain(key);
  }
  expect(found(feed, "a1")).toEqual([key, prefix, pattern].sort());
  expect(found(feed, "a1", "del")).toEqual([key, prefix, pattern, event].sort());
  expect(found(feed, "a2", "set", 3)).toEqual([elsewhere]);
  expect(found(feed, "b2")).toEqual([]);
  for (const one of needs) strike(feed, one);
  expect(found(feed, "a1", "del")).toEqual([]);
});

it.each([
  ["prefix:a", ["ab"], ["b", "ba"]],
  ["pattern:*b", ["ab", "b"], ["ba"]],
  ["key:a", ["a"], ["ab"]],
])("the only need of a broad feed is asked itself: %s", (channel, own, others) => {
  const feed = firehoseFeed("*");
  const only = need(channel);
  enlist(feed, only);
  for (const key of own) expect(found(feed, key)).toEqual([only.id]);
  for (const key of others) expect(found(feed, key)).toEqual([]);
  for (const key of own) expect(found(feed, key, "set", 1)).toEqual([]);
});
