import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  base64Decode,
  base64Encode,
  base64UrlDecode,
  base64UrlEncode,
  startsWith,
  utf8Decode,
  utf8Encode,
} from "./bytes.js";

const bytes = fc.uint8Array({ maxLength: 60, size: "max" });

describe("base64", () => {
  it("spells bytes as everybody else does, and reads them again", () => {
    fc.assert(
      fc.property(bytes, (key) => {
        expect(base64Encode(key)).toBe(Buffer.from(key).toString("base64"));
        expect(base64UrlEncode(key)).toBe(Buffer.from(key).toString("base64url"));
        expect(base64Decode(base64Encode(key))).toEqual(Uint8Array.from(key));
        expect(base64UrlDecode(base64UrlEncode(key))).toEqual(Uint8Array.from(key));
      }),
    );
  });

  it.each(["a", "_w==", "+/8", "YR", "a b", "é", " ", "AAAAA"])("%j is not base64url", (text) => {
    expect(base64UrlDecode(text)).toBeNull();
  });

  it.each(["a", "*", "é"])("%j is not base64", (text) => {
    expect(base64Decode(text)).toBeNull();
  });
});

describe("utf8", () => {
  it("reads what it wrote, a byte order mark too", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40, size: "max" }), (text) => {
        expect(utf8Decode(utf8Encode(text))).toBe(text);
      }),
    );
    expect(utf8Decode(utf8Encode("\ufeffa"))).toBe("\ufeffa");
  });

  it("gives null exactly for bytes that it would not have written", () => {
    fc.assert(
      fc.property(bytes, (key) => {
        const text = utf8Decode(key);
        const isSame = Buffer.from(Buffer.from(key).toString("utf8")).equals(key);
        expect(text !== null).toBe(isSame);
      }),
    );
    expect(utf8Decode(Uint8Array.of(0xed, 0xa0, 0x80))).toBeNull();
  });
});

it("tells the beginning of some bytes from others", () => {
  const few = fc.uint8Array({ max: 1, maxLength: 6 });
  fc.assert(
    fc.property(few, few, (one, other) => {
      const expected = Buffer.from(one.subarray(0, other.length)).equals(other);
      expect(startsWith(one, other)).toBe(expected);
      expect(startsWith(Uint8Array.from([...one, ...other]), one)).toBe(true);
    }),
  );
});
