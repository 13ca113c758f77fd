import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8Encode } from "./bytes.js";
import { covers } from "./covers.js";
import { Glob } from "./glob.js";
import { intersects } from "./intersects.js";
import { slowCovers, slowIntersects } from "./testing/slow-glob.js";

const glob = (text: string) => Glob.parse(utf8Encode(text));
const pattern = (maxLength: number, characters = "aab**??[[]]^-\\") =>
  fc.string({ unit: fc.constantFrom(...characters), maxLength, size: "max" });
/** Parts of patterns, and what matches no more than each. */
const NARROWINGS = [
  ...["a", "[a]", "\\a"].map((narrow) => ["a", narrow] as const),
  ...["*", "", "?*", "a*b", "**", "[a-z]"].map((narrow) => ["*", narrow] as const),
  ...["?", "a", "[^]", "[z-a]"].map((narrow) => ["?", narrow] as const),
  ...["[ab]", "a", "[a-b]", "[b-a]"].map((narrow) => ["[ab]", narrow] as const),
  ...["[^a]", "b", "[^ab]", "[^a-z]"].map((narrow) => ["[^a]", narrow] as const),
];
/** ms of the processor's time within which an answer is no stall; unbounded work would take minutes. */
const AT_ONCE = 250;

/** ms of the processor's own time, so that a busy machine does not count. */
function cost(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

describe("covers", () => {
  it("is exactly what looking at all texts says, for every construct", () => {
    fc.assert(
      fc.property(pattern(7), pattern(7), (a, b) => {
        expect(covers(glob(a), glob(b))).toBe(slowCovers(a, b));
      }),
      { numRuns: 6_000 },
    );
  });

  it("is exact where stars and runs overlap themselves", () => {
    const runs = pattern(9, "aab***?");
    fc.assert(
      fc.property(runs, runs, (a, b) => {
        expect(covers(glob(a), glob(b))).toBe(slowCovers(a, b));
      }),
      { numRuns: 4_000 },
    );
  });

  it("is true of a pattern made narrower, however that was done", () => {
    const parts = fc.array(fc.constantFrom(...NARROWINGS), { maxLength: 7, size: "max" });
    fc.assert(
      fc.property(parts, (chosen) => {
        const wide = chosen.map(([part]) => part).join("");
        const narrow = chosen.map(([, narrower]) => narrower).join("");
        expect(covers(glob(wide), glob(narrow))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ["user:1:*", "user:1:x", true],
    ["user:1:*", "user:[1]:*", true],
    ["user:1:*", "user:?:*", false],
    ["*", "anything*[a-z]?", true],
    ["a*b", "a*c*b", true],
    ["[^a]*", "[b-d]*", true],
    ["[^a]*", "?*", false],
    ["**", "*", true],
    ["\\*", "*", false],
    ["*\\*", "a\\*", true],
    ["order:*", "order:*:total", true],
    ["*:total", "order:*:total", true],
    ["order:*:*", "order:*:total", true],
    ["order:*:total", "order:*", false],
    ["user:1:*", "user:1*", false],
    ["user:[0-9]*", "user:[1-3]*:x", true],
    ["user:[0-9]*", "user:[1-a]*:x", false],
    ["*a*b*", "*ab*", true],
    ["*ab*", "*a*b*", false],
    ["a?*", "a*?", true],
    ["[^]", "?", true],
    ["a", "[]", true],
    ["[]", "a", false],
    ["[]", "[]", true],
    ["x[a-z]y", "xby", true],
    ["x[a-z]y", "x[a-b]y", true],
    ["x[a-b]y", "x[a-z]y", false],
    ["ab*ba", "aba", false],
    ["ab*ba", "ab?ba", true],
  ])("%j covers %j: %j", (a, b, expected) => {
    expect(covers(glob(a), glob(b))).toBe(expected);
  });

  it("is proved for long patterns that people could write", () => {
    const grant = glob(`${"tenant:".repeat(20)}*:order:*:line:[0-9]*`);
    const wish = glob(`${"tenant:".repeat(20)}[a-f]*:x:order:?*:line:[1-4][0-9]`);
    expect(covers(grant, wish)).toBe(true);
    expect(covers(wish, grant)).toBe(false);
  });

  it.each<readonly [string, string, string]>([
    ["runs that overlap themselves", `*a${"?".repeat(60)}*b`, `*a${"[ab]".repeat(60)}*b`],
    ["thousands of stars", "a*".repeat(20_000), "a*a*".repeat(10_000)],
    ["thousands of classes", `${classes(8_000)}*a*`, `${classes(8_000)}*aa*`],
    ["a long run", `*${"?".repeat(30_000)}`, `*${"[ab]".repeat(15_000)}`],
  ])("answers at once for %s, at worst that nothing is proved", (_, a, b) => {
    const [outer, inner] = [glob(a), glob(b)];
    expect(cost(() => covers(outer, inner))).toBeLessThan(AT_ONCE);
    expect(cost(() => covers(inner, outer))).toBeLessThan(AT_ONCE);
  });

  it("shares a budget among proofs, and needs none for what takes no search", () => {
    const budget = { steps: 40_000 };
    const [outer, inner] = [glob("a*b*c"), glob("ax*b[0-9]*c")];
    let proofs = 0;
    while (covers(outer, inner, budget)) proofs++;
    expect(proofs).toBeGreaterThan(1);
    expect(covers(glob("a*c"), inner, budget)).toBe(true);
  });

  it("denies what it cannot afford to prove", () => {
    const [outer, inner] = [glob("*a??b*"), glob("*[ab]*a[ab][ab]b*")];
    expect(covers(outer, inner)).toBe(true);
    expect(covers(outer, inner, { steps: 1_000 })).toBe(false);
  });
});

describe("intersects", () => {
  it("is exactly what looking at all texts says, for every construct", () => {
    fc.assert(
      fc.property(pattern(7), pattern(7), (a, b) => {
        expect(intersects(glob(a), glob(b))).toBe(slowIntersects(a, b));
      }),
      { numRuns: 6_000 },
    );
  });
});

/** So many different classes. */
function classes(count: number): string {
  const letter = (number: number) => String.fromCharCode(0x61 + (number % 26));
  return Array.from(
    { length: count },
    (_, n) => `[${letter(n)}${letter(n >> 2)}${letter(n >> 5)}]`,
  ).join("");
}
