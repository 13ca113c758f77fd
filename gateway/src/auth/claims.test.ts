import { describe, expect, it } from "vitest";
import { MAX_GRANTS, RightsReader } from "./claims.js";
import { type Claims, parseRoles, type RoleTemplates } from "./roles.js";

const NO_ROLES = parseRoles({});
const readRights = (claims: Claims, claim: string, roles: RoleTemplates) =>
  new RightsReader(claim, roles).read(claims);
const refused = (where: string) =>
  expect.objectContaining({ code: "unauthorized", message: expect.stringContaining(where) });

describe("a token's rights", () => {
  it("reads grants, roles and admin from the configured claim", () => {
    const keys = `user:${"$"}{sub}:*`;
    const roles = parseRoles({ customer: [{ keys, values: true, db: 2 }] });
    const kw = { roles: ["customer"], grants: [{ keys: "a*", events: ["set"] }], admin: true };
    const { grants, admin } = readRights({ sub: "bob", kw }, "kw", roles);
    expect(admin).toBe(true);
    expect(
      grants.map(({ keys, ...rest }) => ({ keys: Buffer.from(keys.source).toString(), ...rest })),
    ).toEqual([
      { keys: "a*", events: new Set(["set"]), db: undefined, values: false },
      { keys: "user:bob:*", events: undefined, db: 2, values: true },
    ]);
  });

  it("gives nothing to a token without the claim, whatever every object has", () => {
    expect(readRights({}, "keywire", NO_ROLES)).toEqual({ grants: [], admin: false });
    expect(readRights({}, "constructor", NO_ROLES)).toEqual({ grants: [], admin: false });
  });

  it.each<readonly [unknown, string]>([
    ["all", "keywire: "],
    [null, "keywire: "],
    [[], "keywire: "],
    [{ grant: [] }, `keywire: Unrecognized key: "grant"`],
    [{ grants: "all" }, "keywire.grants: "],
    [{ grants: ["a*"] }, "keywire.grants.0: "],
    [{ grants: [{}] }, "keywire.grants.0.keys: "],
    [{ grants: [{ keys: "" }] }, "keywire.grants.0.keys: "],
    [{ grants: [{ keys: ["a"] }] }, "keywire.grants.0.keys: "],
    [{ grants: [{ keys: "a" }, { keys: "a", event: ["set"] }] }, `keywire.grants.1: `],
    [{ grants: [{ keys: "a", events: "set" }] }, "keywire.grants.0.events: "],
    [{ grants: [{ keys: "a", events: [] }] }, "keywire.grants.0.events: "],
    [{ grants: [{ keys: "a", events: [""] }] }, "keywire.grants.0.events.0: "],
    [{ grants: [{ keys: "a", db: "0" }] }, "keywire.grants.0.db: "],
    [{ grants: [{ keys: "a", db: -1 }] }, "keywire.grants.0.db: "],
    [{ grants: [{ keys: "a", values: "no" }] }, "keywire.grants.0.values: "],
    [{ admin: "yes" }, "keywire.admin: "],
    [{ roles: "customer" }, "keywire.roles: "],
    [{ roles: ["nobody"] }, `"nobody"`],
    [{ roles: ["constructor"] }, `"constructor"`],
  ])("refuses a token whose claim is %j, and says where", (keywire, where) => {
    expect(() => readRights({ keywire }, "keywire", NO_ROLES)).toThrow(refused(where));
  });

  it("is read once for all tokens whose claim says the same, their roles for each", () => {
    const keys = `user:${"$"}{sub}:*`;
    const reader = new RightsReader("kw", parseRoles({ customer: [{ keys }] }));
    const kw = () => ({ grants: [{ keys: "a*" }] });
    expect(reader.read({ sub: "bob", kw: kw() })).toBe(reader.read({ sub: "eve", kw: kw() }));
    const keysOf = (sub: string) =>
      reader
        .read({ sub, kw: { ...kw(), roles: ["customer"] } })
        .grants.map(({ keys }) => Buffer.from(keys.source).toString());
    expect(keysOf("bob")).toEqual(["a*", "user:bob:*"]);
    expect(keysOf("eve")).toEqual(["a*", "user:eve:*"]);
    expect(() => reader.read({ kw: { grants: [{ keys: "a*", db: null }] } })).toThrow(/db/);
    expect(() =>
      reader.read({ kw: { grants: [{ keys: "a*", db: Number.POSITIVE_INFINITY }] } }),
    ).toThrow(/db/);
  });

  it("bounds how many grants there are, those of roles too", () => {
    const grant = { keys: "a" };
    const grants = Array.from({ length: MAX_GRANTS }, () => grant);
    const roles = parseRoles({ one: [grant] });
    expect(readRights({ keywire: { grants } }, "keywire", roles).grants).toHaveLength(MAX_GRANTS);
    expect(() => readRights({ keywire: { grants, roles: ["one"] } }, "keywire", roles)).toThrow(
      refused("1001 grants"),
    );
  });
});
