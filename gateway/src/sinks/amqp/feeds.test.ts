import { Glob, type Interest } from "@keywire/shared";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventClasses } from "./classes.js";
import { coveringFeed, feedsOf } from "./feeds.js";
import { Masks } from "./masks/masks.js";

const bytes = (text: string) => Buffer.from(text, "latin1");

function shown({ kind, db, bytes: rest }: Interest): string {
  return `${kind}@${db}:${Buffer.from(rest).toString("latin1")}`;
}

function takesIn({ kind, bytes: rest }: Interest, key: Buffer): boolean {
  if (kind === "key") return key.equals(rest);
  if (kind === "prefix") return key.subarray(0, rest.length).equals(rest);
  return Glob.parse(rest).matches(key);
}

const letters = fc.constantFrom(
  ...["a", "b", ".", "*", "^", "$", "?", "[", "]", "\\", "-", "\0", "\n", "\xff"],
);
const text = (maxLength: number) => fc.string({ unit: letters, maxLength });
/** Masks that are tied to something more often than chance would have it. */
const maskText = fc
  .tuple(fc.constantFrom("", "^"), text(8), fc.constantFrom("", "$", ".*$", "*"))
  .map((parts) => parts.join(""));

describe("a mask as a feed", () => {
  it.each([
    ["^order:.*$", "prefix@*:order:"],
    ["^order:.*", "prefix@*:order:"],
    ["^order:", "prefix@*:order:"],
    ["^order:42$", "key@*:order:42"],
    ["^order:.$", "pattern@*:order:?"],
    ["^order:.*:total$", "pattern@*:order:*:total"],
    ["order", "pattern@*:*order*"],
    ["total$", "pattern@*:*total"],
    ["a?[b", "pattern@*:*a\\?\\[b*"],
    ["^ab*$", "pattern@*:a*"],
    [".*", "prefix@*:"],
    ["^", "prefix@*:"],
    [`^${"long".repeat(80)}.*x`, `prefix@*:${"long".repeat(80)}`],
  ])("%s is %s", (mask, feed) => {
    expect(shown(coveringFeed(bytes(mask)))).toBe(feed);
  });

  it("hears of every key that the mask matches", () => {
    fc.assert(
      fc.property(maskText, fc.array(text(12), { maxLength: 8 }), (mask, keys) => {
        const masks = new Masks([bytes(mask)]);
        const feed = coveringFeed(bytes(mask));
        // The mask's own letters make a key that is more likely to match.
        for (const key of [...keys, mask.replaceAll(/[\^$*]/g, ""), mask].map(bytes)) {
          if (masks.matches(key)) expect(takesIn(feed, key)).toBe(true);
        }
      }),
      { numRuns: 5_000 },
    );
  });
});

describe("what is listened to", () => {
  const feeds = (masks: readonly string[] | "ALL", classes: string) =>
    feedsOf(masks === "ALL" ? masks : masks.map(bytes), new EventClasses(classes)).map(shown);

  it("is nothing without masks, or without classes", () => {
    expect(feeds([], "A")).toEqual([]);
    expect(feeds("ALL", "")).toEqual([]);
  });

  it("is the events themselves for every key's expiries", () => {
    expect(feeds("ALL", "xe")).toEqual(["event@*:expired", "event@*:evicted"]);
    expect(feeds([".*"], "n")).toEqual(["event@*:new"]);
  });

  it("is the keys where masks name some, and every key where all events of all keys are asked for", () => {
    expect(feeds(["^order:.*$"], "xe")).toEqual(["prefix@*:order:"]);
    expect(feeds("ALL", "A")).toEqual(["prefix@*:"]);
  });

  it("names the events that servers leave out", () => {
    expect(feeds(["^a"], "Am")).toEqual(["prefix@*:a", "event@*:keymiss"]);
    expect(feeds("ALL", "gmn")).toEqual(["prefix@*:", "event@*:keymiss", "event@*:new"]);
  });

  it("leaves out what another one takes in", () => {
    expect(feeds(["^order:1$", "^order:.*$", "^user:", "^order:.*x$", "^order:"], "A")).toEqual([
      "prefix@*:order:",
      "prefix@*:user:",
    ]);
  });

  it("misses no key that a mask of several matches", () => {
    const many = fc.array(maskText, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(many, text(10), (sources, key) => {
        const masks = new Masks(sources.map(bytes));
        if (!masks.matches(bytes(key))) return;
        const found = feedsOf(sources.map(bytes), new EventClasses("g"));
        expect(found.some((feed) => takesIn(feed, bytes(key)))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("classes of events", () => {
  it.each([
    ["xe", "expired", true],
    ["xe", "set", false],
    ["$", "incrby", true],
    ["g", "del", true],
    ["A", "zadd", true],
    ["A", "keymiss", false],
    ["Am", "keymiss", true],
    ["d", "json.set", true],
    ["A", "json.set", true],
    ["g$lshzxet", "json.set", false],
    ["A", "overwritten", false],
  ])("%s on %s: %j", (letters, event, expected) => {
    expect(new EventClasses(letters).has(event)).toBe(expected);
  });
});
