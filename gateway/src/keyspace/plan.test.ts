import { intersects, parseChannel } from "@keywire/shared";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { feedName } from "./feed.js";
import { type Feed, Need } from "./need.js";
import { FeedPlan } from "./plan.js";

const need = (channel: string) => new Need(parseChannel(channel, 0));

function planned(...channels: readonly string[]): string[] {
  const plan = new FeedPlan();
  for (const channel of channels) plan.add(need(channel));
  return [...plan.feeds()].map(feedName).sort();
}

describe("feeds that overlap", () => {
  it.each([
    [["pattern:a:*:x", "pattern:a:b*"], ["__keyspace@0__:a:*"]],
    [
      ["pattern:a:*:x", "pattern:a:*:y"],
      ["__keyspace@0__:a:*:x", "__keyspace@0__:a:*:y"],
    ],
    [
      ["prefix:a:", "prefix:b:"],
      ["__keyspace@0__:a:*", "__keyspace@0__:b:*"],
    ],
    [["prefix:a:", "key:a:1", "pattern:a:*:x"], ["__keyspace@0__:a:*"]],
    [["key:a:1", "pattern:a:?"], ["__keyspace@0__:a:?"]],
    [
      ["pattern:a:*:x", "prefix@1:a:b"],
      ["__keyspace@0__:a:*:x", "__keyspace@1__:a:b*"],
    ],
    [["pattern:a:*:x", "prefix@*:a:b"], ["__keyspace@*__:a:*"]],
    [["pattern:a:*:x", "pattern:a:b*", "pattern:a*z"], ["__keyspace@0__:a*"]],
  ])("%j become %j", (channels, feeds) => {
    expect(planned(...channels)).toEqual(feeds);
    expect(planned(...channels.toReversed())).toEqual(feeds);
  });

  it("go apart again when what joined them is left", () => {
    const plan = new FeedPlan();
    const [one, other] = [need("pattern:a:*:x"), need("pattern:a:b*")];
    plan.add(one);
    plan.add(other);
    plan.remove(other);
    expect([...plan.feeds()].map(feedName)).toEqual(["__keyspace@0__:a:*:x"]);
  });
});

const CHANNELS = [
  ...["key:a", "key:ab", "key:b1", "key@1:ab", "prefix:a", "prefix:ab", "prefix@*:b"],
  ...["pattern:a*1", "pattern:*b", "pattern:?b*", "pattern:a[bc]*", "pattern@1:a*", "pattern@*:c?"],
  ...["pattern:*1*", "pattern:b?1", "event:set", "event@*:del"],
];

it("no key's event is sent twice, and every need is served, whoever comes and goes", () => {
  const moves = fc.array(fc.nat({ max: CHANNELS.length - 1 }), { maxLength: 40 });
  fc.assert(
    fc.property(moves, fc.integer({ min: 1, max: 6 }), (chosen, budget) => {
      const plan = new FeedPlan(budget);
      const needs = new Map<number, Need>();
      for (const index of chosen) {
        const known = needs.get(index);
        if (known === undefined) {
          const added = need(CHANNELS[index] ?? "");
          needs.set(index, added);
          plan.add(added);
        } else {
          needs.delete(index);
          plan.remove(known);
        }
        const feeds = [...plan.feeds()];
        expect(overlapping(feeds)).toEqual([]);
        for (const one of needs.values()) expect(feeds).toContain(one.feed);
      }
    }),
  );
});

function overlapping(feeds: readonly Feed[]): string[] {
  const ofKeys = feeds.filter(({ glob }) => glob !== undefined);
  return ofKeys.flatMap((one, at) =>
    ofKeys.slice(at + 1).flatMap((other) => {
      const isSameDatabase = one.db === other.db || one.db === "*" || other.db === "*";
      const { glob: a } = one;
      const { glob: b } = other;
      if (a === undefined || b === undefined || !isSameDatabase || !intersects(a, b)) return [];
      return `${feedName(one)} and ${feedName(other)}`;
    }),
  );
}
