import { type ChannelOptions, parseChannel, WireError } from "@keywire/shared";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { authorize, parseGrant } from "./grants.js";
import { type Claims, parseRoles } from "./roles.js";

/** `$` and a brace apart: in one string they look like a template that was not meant as one. */
const claim = (name: string) => `$\{${name}}`;

function fill(keys: string, claims: Claims): string {
  const [template] = parseRoles({ customer: [{ keys }] }).get("customer") ?? [];
  return template?.fill(claims).keys ?? "";
}

function allows(keys: string, channel: string, options: ChannelOptions = {}): boolean {
  try {
    authorize([parseGrant({ keys })], parseChannel(channel), options, 0);
    return true;
  } catch {
    return false;
  }
}

describe("a role's template", () => {
  it("is filled in such that no claim widens the grant", () => {
    const name = fc.string({
      unit: fc.constantFrom(..."ab*?[]\\^-:$é"),
      minLength: 1,
      maxLength: 8,
      size: "max",
    });
    fc.assert(
      fc.property(name, name, (sub, other) => {
        const keys = fill(`user:${claim("sub")}:*`, { sub });
        expect(allows(keys, `key:user:${sub}:x`)).toBe(true);
        expect(allows(keys, `key:user:${other}:x`)).toBe(
          other.startsWith(`${sub}:`) || other === sub,
        );
        expect(allows(keys, `prefix:user:${sub}`)).toBe(false);
      }),
    );
  });

  it("takes any claim, several, and one more than once", () => {
    const keys = `${claim("org")}:${claim("https://example.com/team")}:${claim("org")}:[a-c]*`;
    const claims = { org: "acme*", "https://example.com/team": 7 };
    expect(fill(keys, claims)).toBe("acme\\*:7:acme\\*:[a-c]*");
  });

  it("keeps all that is no placeholder", () => {
    expect(fill("a$b{c}:$\\{sub}:*", { sub: "eve" })).toBe("a$b{c}:$\\{sub}:*");
  });

  it.each([
    ["missing", undefined],
    ["empty, which would make user:*:x of it all", ""],
    ["null", null],
    ["an object", {}],
    ["a list", ["a"]],
    ["a fraction", 1.5],
    ["true", true],
    ["half a surrogate pair, which no key can hold", "\ud800"],
  ])("refuses a token whose claim is %s", (_, team) => {
    const claims = { sub: "a", ...(team === undefined ? {} : { team }) };
    expect(() => fill(`team:${claim("team")}:*`, claims)).toThrow(
      expect.objectContaining({ code: "unauthorized", message: expect.stringMatching(/team/) }),
    );
  });

  it("does not take what every object has for a claim", () => {
    expect(() => fill(`a:${claim("constructor")}`, {})).toThrow(WireError);
  });

  it.each([
    [`user:[${claim("sub")}]:*`, "inside a class"],
    [`user:[^a-${claim("sub")}]`, "inside a class"],
    [`user:\\${claim("sub")}:*`, "backslash"],
    [`user:${claim("")}:*`, "names no claim"],
    ["user:$" + "{sub:*", "does not end"],
  ])("%j is refused at once: %s", (keys, why) => {
    expect(() => parseRoles({ customer: [{ keys }] })).toThrow(
      expect.objectContaining({ message: expect.stringContaining(why) }),
    );
    expect(() => parseRoles({ customer: [{ keys }] })).toThrow(`"customer"`);
  });
});
