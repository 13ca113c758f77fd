import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { base64UrlDecode, base64UrlEncode, utf8Encode } from "./bytes.js";
import { MAX_PATTERN_BYTES, parseChannel } from "./channel.js";

const text = fc.string({ unit: "grapheme", maxLength: 30, size: "max" });

describe("parseChannel", () => {
  it("takes everything behind the first colon verbatim", () => {
    fc.assert(
      fc.property(fc.constantFrom("key", "prefix", "pattern"), text, (kind, rest) => {
        expect(parseChannel(`${kind}:${rest}`)).toEqual({ kind, db: 0, bytes: utf8Encode(rest) });
        expect(parseChannel(`${kind}@7:${rest}`).db).toBe(7);
        expect(parseChannel(`${kind}@*:${rest}`).db).toBe("*");
      }),
    );
  });

  it.each([
    ["key:a:b@c", "a:b@c"],
    ["prefix:@3:", "@3:"],
    ["key:", ""],
    ["key:line\nbreak", "line\nbreak"],
  ])("%j is about %j", (name, rest) => {
    expect(Buffer.from(parseChannel(name).bytes).toString()).toBe(rest);
  });

  it("means the gateway's default database where none is named", () => {
    expect(parseChannel("event:expired", 3)).toEqual({
      kind: "event",
      db: 3,
      bytes: utf8Encode("expired"),
    });
  });

  it("reads raw keys of any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40, size: "max" }), (key) => {
        const { kind, bytes } = parseChannel(`rawkey:${base64UrlEncode(key)}`);
        expect(kind).toBe("key");
        expect([...bytes]).toEqual([...key]);
      }),
    );
  });

  it("bounds globs, which Redis matches against every event, and no keys", () => {
    const longest = "é*".padEnd(MAX_PATTERN_BYTES - 1, "x");
    expect(parseChannel(`pattern:${longest}`).bytes).toHaveLength(MAX_PATTERN_BYTES);
    expect(() => parseChannel(`pattern:${longest}x`)).toThrow(/glob of 1025 bytes.*1024/);
    for (const kind of ["key", "prefix"]) {
      expect(parseChannel(`${kind}:${longest}${longest}`).kind).toBe(kind);
    }
  });

  it.each([
    "",
    "key",
    "keys:a",
    "Key:a",
    "key@:a",
    "key@-1:a",
    "key@x:a",
    "key@99999999999:a",
    "key@2147483648:a",
    "event:",
    "rawkey:a",
    "rawkey:_w8=",
    "rawkey:YR",
    "key:\ud800",
    " key:a",
  ])("refuses %j, saying why", (name) => {
    expect(() => parseChannel(name)).toThrow(
      expect.objectContaining({ code: "bad_request", message: expect.stringContaining("channel") }),
    );
  });
});

describe("base64url", () => {
  it("has one spelling for each bytes", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12, size: "max" }), (spelling) => {
        const bytes = base64UrlDecode(spelling);
        if (bytes !== null) expect(base64UrlEncode(bytes)).toBe(spelling);
      }),
    );
  });
});
