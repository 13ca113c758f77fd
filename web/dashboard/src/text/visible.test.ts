import { base64Encode, utf8Encode } from "@keywire/shared";
import { describe, expect, it } from "vitest";
import { plain, visibleBytes, visibleKey, visibleText } from "./visible.js";

describe("visibleText", () => {
  it("leaves ordinary text alone, markup and all", () => {
    for (const text of ["order:42", "<img src=x onerror=alert(1)>", "größe 東京 🔑", "a b"]) {
      expect(visibleText(text)).toEqual([{ text, escaped: false }]);
    }
  });

  it("spells out controls, short where everybody knows the escape", () => {
    expect(plain(visibleText("a\tb\nc\rd\0e\x1b[31m\x7f"))).toBe(
      "a\\tb\\nc\\rd\\x00e\\x1b[31m\\x7f",
    );
  });

  it("marks what is an escape, so that a backslash in the key is not taken for one", () => {
    expect(visibleText("a\\n\n")).toEqual([
      { text: "a\\n", escaped: false },
      { text: "\\n", escaped: true },
    ]);
  });

  it("spells out what reorders, hides or imitates text", () => {
    expect(plain(visibleText("a\u202eb\u200bc\u00a0d\u2028e\ufefff"))).toBe(
      "a\\u{202e}b\\u{200b}c\\u{a0}d\\u{2028}e\\u{feff}f",
    );
  });

  it("shows spaces at either end, where nobody would see them", () => {
    expect(plain(visibleText(" a b  "))).toBe("\\x20a b\\x20\\x20");
    expect(plain(visibleText(" "))).toBe("\\x20");
  });

  it("shows half a surrogate pair as what it is", () => {
    expect(plain(visibleText("a\ud83dz"))).toBe("a\\u{d83d}z");
  });

  it("cuts what is too long, between characters, and says how much is left", () => {
    expect(plain(visibleText("abcdef", 4))).toBe("abcd… 2 more characters");
    expect(plain(visibleText("abc🔑def", 4))).toBe("abc… 5 more characters");
  });
});

describe("visibleBytes", () => {
  it("shows UTF-8 as text and each other byte in hex", () => {
    const bytes = Uint8Array.from([0xff, ...utf8Encode("é"), 0x00, 0xc3, 0x28, 0xe2, 0x82]);
    expect(visibleBytes(bytes)).toEqual([
      { text: "\\xff", escaped: true },
      { text: "é", escaped: false },
      { text: "\\x00", escaped: true },
      { text: "\\xc3", escaped: true },
      { text: "(", escaped: false },
      { text: "\\xe2", escaped: true },
      { text: "\\x82", escaped: true },
    ]);
  });

  it("shows every single byte that there is", () => {
    for (let byte = 0; byte < 256; byte++) {
      expect(plain(visibleBytes(Uint8Array.of(byte)))).not.toBe("");
    }
  });

  it("takes neither surrogates nor overlong forms for text", () => {
    expect(plain(visibleBytes(Uint8Array.of(0xed, 0xa0, 0x80)))).toBe("\\xed\\xa0\\x80");
    expect(plain(visibleBytes(Uint8Array.of(0xc0, 0x80)))).toBe("\\xc0\\x80");
  });

  it("cuts what is too long and says how much is left", () => {
    expect(plain(visibleBytes(new Uint8Array(5), 2))).toBe("\\x00\\x00… 3 more bytes");
  });
});

describe("visibleKey", () => {
  it("takes the text where there is one, else the bytes", () => {
    expect(plain(visibleKey({ key: "a" }))).toBe("a");
    const key_raw = base64Encode(Uint8Array.of(0xff, 0x61));
    expect(plain(visibleKey({ key: null, key_raw }))).toBe("\\xffa");
  });

  it("says so where the bytes cannot be read", () => {
    expect(plain(visibleKey({ key: null, key_raw: "%" }))).toBe("(unreadable key)");
  });
});
