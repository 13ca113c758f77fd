import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8Encode } from "./bytes.js";
import { covers } from "./covers.js";
import { escapeGlob, exactGlob, Glob, prefixGlob } from "./glob.js";
import { intersects } from "./intersects.js";

/** Few letters, and all that a glob gives a meaning to: small enough to try every string. */
const LETTERS = ["a", "b", "-", "]"];
const pattern = fc.string({
  unit: fc.constantFrom("a", "b", "*", "*", "?", "[", "]", "^", "-", "\\"),
  maxLength: 8,
  size: "max",
});
const glob = (text: string) => Glob.parse(utf8Encode(text));

/** Every string of up to `length` letters. */
function strings(length: number): string[] {
  let longest = [""];
  const all = [...longest];
  for (let at = 0; at < length; at++) {
    longest = longest.flatMap((text) => LETTERS.map((letter) => text + letter));
    all.push(...longest);
  }
  return all;
}

const SHORT = strings(5).map((text) => ({ text, bytes: utf8Encode(text) }));

/** Redis' documented rules, one character after the other, with no thought of speed. */
function slowMatch(text: string, input: string): boolean {
  if (text === "") return input === "";
  const [first, rest] = [text[0], text.slice(1)];
  if (first === "*") {
    return Array.from({ length: input.length + 1 }, (_, at) => at).some((at) =>
      slowMatch(rest, input.slice(at)),
    );
  }
  if (input === "") return false;
  if (first === "?") return slowMatch(rest, input.slice(1));
  if (first === "[") return slowClass(rest, input);
  const isEscape = first === "\\" && rest !== "";
  const literal = isEscape ? rest[0] : first;
  return literal === input[0] && slowMatch(isEscape ? rest.slice(1) : rest, input.slice(1));
}

function slowClass(text: string, input: string): boolean {
  const isNegated = text[0] === "^";
  let left = isNegated ? text.slice(1) : text;
  const members = new Set<string>();
  while (left !== "" && left[0] !== "]") {
    if (left[0] === "\\" && left.length > 1) {
      members.add(left[1] ?? "");
      left = left.slice(2);
    } else if (left.length >= 3 && left[1] === "-") {
      const ends = [left[0] ?? "", left[2] ?? ""].sort();
      for (const letter of LETTERS) {
        if (letter >= (ends[0] ?? "") && letter <= (ends[1] ?? "")) members.add(letter);
      }
      left = left.slice(3);
    } else {
      members.add(left[0] ?? "");
      left = left.slice(1);
    }
  }
  const isIn = members.has(input[0] ?? "");
  return isIn !== isNegated && slowMatch(left.slice(1), input.slice(1));
}

describe("Glob.matches", () => {
  it("agrees with the rules read out slowly, for every pattern and string of a small alphabet", () => {
    fc.assert(
      fc.property(pattern, (text) => {
        const parsed = glob(text);
        const wrong = SHORT.filter(
          ({ text: input, bytes }) => parsed.matches(bytes) !== slowMatch(text, input),
        );
        expect(wrong.map((each) => each.text)).toEqual([]);
      }),
      { numRuns: 1_500 },
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

  it("answers for hostile patterns in linear time", () => {
    const hostile = glob(`${"a*".repeat(50)}b`);
    const input = utf8Encode("a".repeat(100_000));
    const began = performance.now();
    expect(hostile.matches(input)).toBe(false);
    // A backtracking matcher takes longer than anybody waits; seconds would be wrong, not slow.
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});

describe("covers", () => {
  it("is true exactly where no string of a small alphabet says otherwise", () => {
    const small = fc.string({
      unit: fc.constantFrom("a", "b", "*", "?", "[", "]", "^", "a"),
      maxLength: 5,
      size: "max",
    });
    fc.assert(
      fc.property(small, small, (outer, inner) => {
        const [a, b] = [glob(outer), glob(inner)];
        const missed = SHORT.find(({ bytes }) => b.matches(bytes) && !a.matches(bytes));
        if (missed !== undefined) expect(covers(a, b)).toBe(false);
        // Patterns of five places that differ at all differ on a string of five letters, or on one
        // with a letter that neither names, which the alphabet's "-" and "]" stand for.
        else if (!/[[\]^]/.test(outer + inner)) expect(covers(a, b)).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  it.each([
    ["user:1:*", "user:1:x", true],
    ["user:1:*", "user:[1]:*", true],
    ["user:1:*", "user:1*", false],
    ["user:1:*", "user:?:*", false],
    ["*", "anything*[a-z]?", true],
    ["a*b", "a*c*b", true],
    ["a*c*b", "a*b", false],
    ["[a-z]*", "[b-d]x*", true],
    ["[^a]*", "[b-d]*", true],
    ["[^a]*", "?*", false],
    ["?*", "*?", true],
    ["*a*", "*ba*", true],
    ["**", "*", true],
    ["\\*", "*", false],
    ["*\\*", "a\\*", true],
  ])("%j covers %j: %j", (outer, inner, expected) => {
    expect(covers(glob(outer), glob(inner))).toBe(expected);
  });

  it("is reflexive, and everything is covered by a star", () => {
    fc.assert(
      fc.property(pattern, (text) => {
        expect(covers(glob(text), glob(text))).toBe(true);
        expect(covers(glob("*"), glob(text))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("denies rather than search for ever", () => {
    const outer = glob(`*a${"?".repeat(60)}`);
    const inner = glob(`*a${"[ab]".repeat(60)}*`);
    const began = performance.now();
    expect(covers(outer, inner)).toBe(false);
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});

describe("intersects", () => {
  it("is true where a string of a small alphabet matches both", () => {
    fc.assert(
      fc.property(pattern, pattern, (one, other) => {
        const [a, b] = [glob(one), glob(other)];
        const isShared = SHORT.some(({ bytes }) => a.matches(bytes) && b.matches(bytes));
        if (isShared) expect(intersects(a, b)).toBe(true);
        expect(intersects(a, b)).toBe(intersects(b, a));
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ["a*", "*b", true],
    ["a*", "b*", false],
    ["a?c", "abc", true],
    ["*a", "*b", false],
    ["[a-c]x", "[d-f]x", false],
  ])("%j and %j: %j", (one, other, expected) => {
    expect(intersects(glob(one), glob(other))).toBe(expected);
  });
});
