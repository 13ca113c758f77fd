import type { ChannelOptions } from "@keywire/shared";
import { describe, expect, it } from "vitest";
import { canonical, wantsSnapshot } from "./options.js";

const same = (a: ChannelOptions, b: ChannelOptions) => canonical(a) === canonical(b);

describe("channel options", () => {
  it("are the same whatever order they were written in", () => {
    expect(same({ events: ["set", "del"] }, { events: ["del", "set"] })).toBe(true);
    expect(same({ value: true, snapshot: 5 }, { snapshot: 5, value: true })).toBe(true);
  });

  it("are the same where one spells out what is left out of the other", () => {
    expect(same({ value: false, fields: false }, {})).toBe(true);
  });

  it("differ where the channel would", () => {
    expect(same({ events: ["set"] }, {})).toBe(false);
    expect(same({ events: [] }, {})).toBe(false);
    expect(same({ fields: true }, { fields: ["a"] })).toBe(false);
    expect(same({ snapshot: 0 }, {})).toBe(false);
  });

  it("are text of the options and of nothing else", () => {
    const options = { snapshot: 5, events: ["set"], channel: "key:a" };
    expect(canonical(options)).toBe('{"events":["set"],"snapshot":5}');
    expect(canonical({ fields: ["name"] })).toBe('{"fields":["name"]}');
  });

  it("ask for snapshots as the protocol says", () => {
    expect(wantsSnapshot("key:a", { value: true })).toBe(true);
    expect(wantsSnapshot("key@3:a", { value: true })).toBe(true);
    expect(wantsSnapshot("rawkey:_w8", { value: true })).toBe(true);
    expect(wantsSnapshot("key:a", { value: true, snapshot: 0 })).toBe(false);
    expect(wantsSnapshot("key:a", {})).toBe(false);
    expect(wantsSnapshot("prefix:a", { value: true })).toBe(false);
    expect(wantsSnapshot("prefix:a", { snapshot: 10 })).toBe(true);
  });
});
