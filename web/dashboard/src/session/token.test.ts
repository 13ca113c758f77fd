import { base64UrlEncode, utf8Encode } from "@keywire/shared";
import { describe, expect, it } from "vitest";
import { readClaims, tokenFault } from "./token.js";

const NOW = 1_780_000_000_000;

function jwt(payload: unknown): string {
  const part = (value: unknown) => base64UrlEncode(utf8Encode(JSON.stringify(value)));
  return `${part({ alg: "HS256" })}.${part(payload)}.c2ln`;
}

describe("readClaims", () => {
  it("tells who it is for, until when, and for which keys", () => {
    const token = jwt({
      sub: "zoë",
      exp: NOW / 1_000,
      keywire: { admin: true, grants: [{ keys: "order:*" }, { events: ["set"] }, { keys: "*" }] },
    });
    expect(readClaims(token)).toEqual({
      user: "zoë",
      expires: NOW,
      admin: true,
      globs: ["order:*", "*"],
    });
  });

  it("makes do with a token that says nothing", () => {
    expect(readClaims(jwt({}))).toEqual({ user: null, expires: null, admin: false, globs: [] });
    expect(readClaims(jwt({ keywire: { grants: "all", admin: "yes" } }))?.admin).toBe(false);
  });

  it.each(["", "abc", "a.b", "a.%.c", "a.bm90IGpzb24.c", "a.b.c.d"])("refuses %j", (token) => {
    expect(readClaims(token)).toBeNull();
  });
});

describe("tokenFault", () => {
  it("finds nothing wrong with a token that is still good", () => {
    expect(tokenFault(jwt({ exp: NOW / 1_000 + 60 }), NOW)).toBeNull();
  });

  it("says what is wrong and what to do", () => {
    expect(tokenFault("", NOW)).toMatch(/paste a token/i);
    expect(tokenFault("hello", NOW)).toMatch(/not a token/i);
    expect(tokenFault(jwt({ exp: NOW / 1_000 }), NOW)).toMatch(/expired .* new one/i);
  });
});
