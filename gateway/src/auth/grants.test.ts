import { parseChannel, WireError } from "@keywire/shared";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readRights } from "./claims.js";
import { authorize, fillTemplate, type GrantText, parseGrant } from "./grants.js";

function allows(grants: readonly GrantText[], channel: string, options = {}, db = 0): boolean {
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

  it("names the grant that would be needed", () => {
    expect(() => authorize([], parseChannel("prefix:order:"), { value: true }, 0)).toThrow(
      `{"keys":"order:*","values":true}`,
    );
  });
});

describe("fillTemplate", () => {
  it("escapes what is filled in, so that no claim widens a grant", () => {
    const template = { keys: "user:$" + "{sub}:*" };
    const name = fc.string({
      unit: fc.constantFrom("a", "*", "?", "[", "]", "\\", "^"),
      minLength: 1,
    });
    fc.assert(
      fc.property(name, name, (sub, other) => {
        const grants = [fillTemplate(template, { sub })];
        expect(allows(grants, `key:user:${sub}:x`)).toBe(true);
        expect(allows(grants, `key:user:${other}:x`)).toBe(sub === other);
      }),
    );
  });

  it("refuses a token that lacks the claim", () => {
    const template = { keys: "team:$" + "{team}:*" };
    for (const team of [undefined, "", {}, null]) {
      expect(() => fillTemplate(template, { sub: "a", team })).toThrow(WireError);
    }
    expect(fillTemplate(template, { team: 7 }).keys).toBe("team:7:*");
  });
});

describe("readRights", () => {
  it("reads grants, roles and admin", () => {
    const roles = { customer: [{ keys: "user:$" + "{sub}:*", values: true }] };
    const rights = readRights(
      { sub: "bob", kw: { roles: ["customer"], admin: true } },
      "kw",
      roles,
    );
    expect(rights.admin).toBe(true);
    expect(rights.grants).toHaveLength(1);
    expect(Buffer.from(rights.grants[0]?.keys.source ?? []).toString()).toBe("user:bob:*");
  });

  it("gives nothing to a token without the claim", () => {
    expect(readRights({}, "keywire", {})).toEqual({ grants: [], admin: false });
  });

  it.each([
    [{ grants: [{ key: "a" }] }, "keywire.grants.0"],
    [{ grants: "all" }, "keywire.grants"],
    [{ grants: [{ keys: "a", events: "set" }] }, "keywire.grants.0.events"],
    [{ admin: "yes" }, "keywire.admin"],
    [{ roles: ["nobody"] }, "nobody"],
    [{ roles: ["constructor"] }, "constructor"],
  ])("refuses a token whose claim is %j, and says where", (keywire, where) => {
    expect(() => readRights({ keywire }, "keywire", {})).toThrow(
      expect.objectContaining({ code: "unauthorized", message: expect.stringContaining(where) }),
    );
  });
});
