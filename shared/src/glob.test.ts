import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8Encode } from "./bytes.js";
import { escapeGlob, exactGlob, Glob, prefixGlob } from "./glob.js";
import { slowMatches } from "./testing/slow-glob.js";

const glob = (text: string) => Glob.parse(utf8Encode(text));
const pattern = fc.string({
  unit: fc.constantFrom(..."aab**?[[]]^-\\"),
  maxLength: 8,
  size: "max",
});
/** Every text of up to four of the letters that patterns tell apart: small enough to try them all. */
const SHORT = texts("ab-]\\", 4).map((text) => ({ text, bytes: utf8Encode(text) }));

function texts(letters: string, length: number): string[] {
  if (length === 0) return [""];
  const shorter = texts(letters, length - 1);
  const longest = shorter.filter((text) => text.length === length - 1);
  return [...shorter, ...longest.flatMap((text) => [...letters].map((letter) => text + letter))];
}

describe("Glob.matches", () => {
  it("agrees with the rules read out slowly, for every pattern and string of a small alphabet", () => {
    fc.assert(
      fc.property(pattern, (text) => {
        const parsed = glob(text);
        const wrong = SHORT.filter(
          ({ text: input, bytes }) => parsed.matches(bytes) !== slowMatches(text, input),
        );
        expect(wrong.map((each) => each.text)).toEqual([]);
      }),
      { numRuns: 1_200 },
    );
  });

  it("agrees with them on longer texts too", () => {
    const runs = fc.constantFrom("*a", "*b", "*", "?", "[ab]", "a", "b", "ab", "*[^a]", "*\\b");
    const longer = fc.array(runs, { maxLength: 8, size: "max" }).map((parts) => parts.join(""));
    const input = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 16, size: "max" });
    fc.assert(
      fc.property(longer, input, (text, key) => {
        expect(glob(text).matches(utf8Encode(key))).toBe(slowMatches(text, key));
      }),
      { numRuns: 5_000 },
    );
  });

  it.each([
    ["order:*:total", "order:42:total", true],
    ["order:*:total", "order::total", true],
    ["order:*:total", "order:total", false],
    ["h[ae]llo", "hallo", true],
    ["h[^e]llo", "hello", false],
    ["h[a-b]llo", "hbllo", true],
    ["h[b-a]llo", "hallo", true],
    ["h\\*llo", "h*llo", true],
    ["h\\*llo", "hxllo", false],
    ["*", "", true],
    ["", "", true],
    ["?", "", false],
    ["[", "[", false],
    ["\\", "\\", true],
    ["[^", "x", true],
    ["[^", "", false],
    ["[]", "]", false],
    ["[\\]]", "]", true],
    ["[a-]", "`", true],
    ["[a-]", "-", false],
    ["[a-]b]", "b", true],
    ["[a\\-c]", "b", false],
    ["[\\a-c]", "b", false],
    ["[\\a-c]", "-", true],
    ["[ab", "b", true],
    ["[a\\", "\\", true],
    ["A", "a", false],
  ])("%j on %j is %j", (text, input, expected) => {
    expect(glob(text).matches(utf8Encode(input))).toBe(expected);
  });

  it("takes any byte as itself", () => {
    const bytes = fc.uint8Array({ maxLength: 30, size: "max" });
    fc.assert(
      fc.property(bytes, bytes, (key, other) => {
        expect(Glob.parse(escapeGlob(key)).matches(key)).toBe(true);
        expect(exactGlob(key).isLiteral).toBe(true);
        expect(exactGlob(key).matches(other)).toBe(Buffer.from(key).equals(other));
        expect(prefixGlob(key).isPrefix).toBe(true);
        expect(prefixGlob(key).matches(Uint8Array.from([...key, ...other]))).toBe(true);
      }),
    );
  });

  it("names what every match begins and ends with", () => {
    expect(Buffer.from(glob("order:*:total").prefix).toString()).toBe("order:");
    expect(Buffer.from(glob("order:*:total").suffix).toString()).toBe(":total");
    expect(glob("order:*").isPrefix).toBe(true);
    expect(glob("order:**").isPrefix).toBe(true);
    expect(glob("order:?*").isPrefix).toBe(false);
  });

  it("reads ranges of bytes as a signed char, as Redis on x86 does, and says where others differ", () => {
    const [ascii, high] = [Uint8Array.of(0x41), Uint8Array.of(0xc3)];
    const mixed = Glob.parse(Uint8Array.from([...utf8Encode("[a-"), 0xc2, ...utf8Encode("]")]));
    expect([mixed.matches(ascii), mixed.matches(high)]).toEqual([true, true]);
    expect(mixed.program.isPortable).toBe(false);
    const upper = Glob.parse(Uint8Array.of(0x5b, 0xff, 0x2d, 0xc0, 0x5d));
    expect([upper.matches(ascii), upper.matches(high)]).toEqual([false, true]);
    expect(upper.program.isPortable).toBe(true);
  });

  it.each([
    ["order:", false],
    ["order:\\", true],
    ["order:\\\\", false],
    ["order:[ab", true],
    ["order:[ab]", false],
    ["order:[a-]", true],
  ])("knows whether more text would change what %j means: %j", (text, isOpen) => {
    expect(glob(text).program.isOpen).toBe(isOpen);
  });

  it("keeps what it was given, though the buffer is written again", () => {
    const buffer = Buffer.from("order:*");
    const parsed = Glob.parse(buffer);
    buffer.fill("x");
    expect(Buffer.from(parsed.source).toString()).toBe("order:*");
    expect(parsed.matches(utf8Encode("order:1"))).toBe(true);
  });

  it("answers for hostile patterns in linear time", () => {
    const hostile = glob(`${"a*".repeat(50)}b`);
    const input = utf8Encode("a".repeat(100_000));
    const before = process.cpuUsage();
    expect(hostile.matches(input)).toBe(false);
    // A backtracking matcher takes longer than anybody waits; a second of work would be wrong, not slow.
    expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
  });
});
