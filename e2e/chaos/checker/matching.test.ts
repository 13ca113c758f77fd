import { expect, it } from "vitest";
import type { ChannelSpec } from "../record.js";
import { isAbout } from "./matching.js";

const channel = (kind: ChannelSpec["kind"], rest: string, events?: readonly string[]) =>
  ({ kind, rest, name: `${kind}:${rest}`, ...(events && { events }) }) satisfies ChannelSpec;

it.each([
  ["one key", channel("key", "a:1"), ["a:1"], ["a:12", "a:"]],
  ["a prefix, taken literally", channel("prefix", "a:*"), ["a:*", "a:*1"], ["a:1"]],
  ["any text", channel("pattern", "a:*:b"), ["a::b", "a:1:2:b"], ["a:b", "xa::b"]],
  ["one character", channel("pattern", "a?c"), ["abc"], ["ac", "abbc"]],
  ["a set", channel("pattern", "a:[bc]"), ["a:b", "a:c"], ["a:d", "a:[bc]"]],
  ["dots are dots", channel("pattern", "a.c"), ["a.c"], ["abc"]],
])("is about %s", (_, about, inside, outside) => {
  expect(inside.filter((key) => !isAbout(about, key, "set"))).toEqual([]);
  expect(outside.filter((key) => isAbout(about, key, "set"))).toEqual([]);
});

it("is about an event, and about the events asked for alone", () => {
  expect(isAbout(channel("event", "del"), "a", "del")).toBe(true);
  expect(isAbout(channel("event", "del"), "a", "set")).toBe(false);
  expect(isAbout(channel("prefix", "a", ["set"]), "a:1", "set")).toBe(true);
  expect(isAbout(channel("prefix", "a", ["set"]), "a:1", "del")).toBe(false);
});
