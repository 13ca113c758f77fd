import { type ChannelOptions, MAX_PATTERN_BYTES, parseChannel, utf8Encode } from "@keywire/shared";
import { describe, expect, it } from "vitest";
import { authorize, GrantShelf, type GrantText, parseGrant } from "./grants.js";

function allows(
  grants: readonly GrantText[],
  channel: string,
  options: ChannelOptions = {},
  db = 0,
): boolean {
  try {
    authorize(grants.map(parseGrant), parseChannel(channel, db), options, db);
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: "forbidden" });
    return false;
  }
}

describe("authorize", () => {
  const user1 = [{ keys: "user:1:*" }];

  it.each([
    ["key:user:1:x", true],
    ["prefix:user:1:", true],
    ["prefix:user:1:cart:", true],
    ["pattern:user:[1]:*", true],
    ["pattern:user:1:*:total", true],
    ["prefix:user:1", false],
    ["prefix:user:", false],
    ["prefix:", false],
    ["pattern:user:?:*", false],
    ["key:user:2:x", false],
    ["event:set", false],
    ["key@1:user:1:x", false],
    ["key@*:user:1:x", false],
    ["rawkey:dXNlcjoxOng", true],
  ])("user:1:* and %s: %j", (channel, expected) => {
    expect(allows(user1, channel)).toBe(expected);
  });

  it("takes an event channel for a channel of every key", () => {
    expect(allows([{ keys: "*", events: ["expired"] }], "event:expired")).toBe(true);
    expect(allows([{ keys: "*", events: ["expired"] }], "event:set")).toBe(false);
    expect(allows([{ keys: "*", events: ["expired"] }], "event:set", { events: ["expired"] })).toBe(
      false,
    );
    expect(allows([{ keys: "*" }], "event:set")).toBe(true);
  });

  it("covers the channel's events only where it names them", () => {
    const grants = [{ keys: "order:*", events: ["set", "expired"] }];
    expect(allows(grants, "prefix:order:", { events: ["set"] })).toBe(true);
    expect(allows(grants, "prefix:order:", { events: ["set", "expired"] })).toBe(true);
    expect(allows(grants, "prefix:order:", { events: ["set", "del"] })).toBe(false);
    expect(allows(grants, "prefix:order:")).toBe(false);
  });

  it("asks for values where the channel does", () => {
    expect(allows([{ keys: "*" }], "key:a", { value: true })).toBe(false);
    expect(allows([{ keys: "*" }], "prefix:a", { snapshot: 5 })).toBe(false);
    expect(allows([{ keys: "*", values: true }], "key:a", { value: true })).toBe(true);
  });

  it("covers databases", () => {
    expect(allows([{ keys: "*", db: 3 }], "key@3:a")).toBe(true);
    expect(allows([{ keys: "*", db: 3 }], "key:a")).toBe(false);
    expect(allows([{ keys: "*", db: "*" }], "key@*:a")).toBe(true);
    expect(allows([{ keys: "*" }], "key:a", {}, 5)).toBe(true);
  });

  it("does not add grants up: one of them covers it all, or none does", () => {
    const halves = [{ keys: "a*" }, { keys: "b*" }];
    expect(allows(halves, "pattern:[ab]*")).toBe(false);
    expect(allows(halves, "prefix:a")).toBe(true);
  });

  it.each<readonly [string, ChannelOptions, string]>([
    ["prefix:order:", { value: true }, `{"keys":"order:*","values":true}`],
    ["key:a*", {}, `{"keys":"a\\\\*"}`],
    ["pattern@*:o:*:[ab]", {}, `{"keys":"o:*:[ab]","db":"*"}`],
    ["event@3:set", {}, `{"keys":"*","events":["set"],"db":3}`],
    ["key:a", { events: ["set", "del"] }, `{"keys":"a","events":["set","del"]}`],
  ])("for %s, %j, names a grant that would do", (channel, options, grant) => {
    expect(() => authorize([], parseChannel(channel), options, 0)).toThrow(
      expect.objectContaining({ code: "forbidden", message: expect.stringContaining(grant) }),
    );
    expect(allows([JSON.parse(grant)], channel, options)).toBe(true);
  });

  it("names one for a key that no text can spell, and cuts what would flood the answer", () => {
    expect(() => authorize([], parseChannel("rawkey:Yf8"), {}, 0)).toThrow(`{"keys":"a?"}`);
    expect(allows([{ keys: "a?" }], "rawkey:Yf8")).toBe(true);
    const flood = parseChannel(`key:${"x".repeat(60_000)}`);
    expect(() => authorize([], flood, {}, 0)).toThrow(/^.{200,500}$/);
  });

  it("takes an empty list of events for no list that a grant could cover", () => {
    const grants = [parseGrant({ keys: "*", events: ["set"] })];
    const interest = { kind: "prefix", db: 0, bytes: utf8Encode("a") } as const;
    expect(() => authorize(grants, interest, { events: [] }, 0)).toThrow("grant");
  });

  it("answers for hostile channels in milliseconds, however many grants there are", () => {
    const grants = Array.from({ length: 1_000 }, (_, n) => ({
      keys: `a*${"?".repeat(20)}*b${n}*`,
    }));
    const before = process.cpuUsage();
    for (const part of ["[ab]", "a*", "[ab]*?"]) {
      const pattern = "a*".padEnd(MAX_PATTERN_BYTES, part);
      expect(allows(grants, `pattern:${pattern}`)).toBe(false);
    }
    expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
  });
});

describe("a shelf of grants", () => {
  it("reads each one once, and takes none for another", () => {
    const shelf = new GrantShelf();
    const texts = [{ keys: "a*" }, { keys: "a*", values: true }, { keys: "a*", events: ["set"] }];
    const grants = texts.map((text) => shelf.get(text));
    expect(grants).toEqual(texts.map(parseGrant));
    for (const [at, text] of texts.entries()) expect(shelf.get({ ...text })).toBe(grants[at]);
  });
});
