import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { slowMaskMatches } from "../testing/slow-mask.js";
import { Masks } from "./masks.js";

const bytes = (text: string) => Buffer.from(text, "latin1");
const matches = (masks: readonly string[], key: string) =>
  new Masks(masks.map(bytes)).matches(bytes(key));

/** Few letters, so that masks and keys meet; NUL, a line break and bytes that are no UTF-8 among them. */
const maskText = fc.string({
  unit: fc.constantFrom("a", "b", ".", "*", "^", "$", "\0", "\n", "\xff", "\xc3"),
  maxLength: 12,
});
const keyText = fc.string({
  unit: fc.constantFrom("a", "b", ".", "*", "^", "$", "\0", "\n", "\xff", "\xc3"),
  maxLength: 16,
});

describe("masks", () => {
  it.each([
    ["order", "an order:1", true],
    ["^order", "an order:1", false],
    ["^order:.*$", "order:42", true],
    ["^order:.*$", "order:", true],
    ["^order:.*$", "orders", false],
    ["^a.c$", "abc", true],
    ["^a.c$", "ac", false],
    ["^a*$", "", true],
    ["^a*$", "aaab", false],
    ["total$", "order:1:total", true],
    ["total$", "total:1", false],
    ["*a", "*a", true],
    ["*a", "a", false],
    ["a^b", "a^b", true],
    ["a$b", "a$b", true],
    ["^$", "", true],
    ["^$", "x", false],
    ["^", "anything", true],
    [".", "", false],
    ["^a.b$", "a\nb", true],
    ["^a.b$", "a\0b", true],
    ["^.$", "\xff", true],
  ])("%j on %j: %j", (mask, key, expected) => {
    expect(matches([mask], key)).toBe(expected);
    expect(slowMaskMatches(mask, key)).toBe(expected);
  });

  it("match as the slow ones do, alone and together", () => {
    const masks = fc.array(maskText, { maxLength: 4 });
    const keys = fc.array(keyText, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(masks, keys, (sources, texts) => {
        const quick = new Masks(sources.map(bytes));
        for (const text of texts) {
          const slow = sources.some((source) => slowMaskMatches(source, text));
          expect(quick.matches(bytes(text))).toBe(slow);
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it("match as the slow ones do: a thousand against a thousand keys", () => {
    const [masks, keys] = [maskText, keyText].map((texts) => {
      return fc.sample(texts, { numRuns: 1_000, seed: 7 });
    });
    masks?.forEach((mask, index) => {
      const quick = new Masks([bytes(mask)]);
      // Each mask against 50 of the keys, each key against 50 of the masks.
      for (let turn = 0; turn < 50; turn++) {
        const key = keys?.[(index + 20 * turn) % 1_000] ?? "";
        expect([mask, key, quick.matches(bytes(key))]).toEqual([
          mask,
          key,
          slowMaskMatches(mask, key),
        ]);
      }
    });
  });

  it("go on where there are more sets of states than are kept", () => {
    const mask = `a${".".repeat(11)}b`;
    const quick = new Masks([bytes(mask)]);
    const letters = fc.array(fc.constantFrom("a", "b"), { minLength: 200, maxLength: 400 });
    fc.assert(
      fc.property(letters, (parts) => {
        const text = parts.join("");
        expect(quick.matches(bytes(text))).toBe(/a.{11}b/.test(text));
        expect(quick.matches(bytes(text.replaceAll("b", "c")))).toBe(false);
      }),
      { numRuns: 50 },
    );
  });

  it("take no longer for a key that would lead them astray", () => {
    // Backtracking would need far more steps than there is time.
    const quick = new Masks([bytes(`^${"a*".repeat(40)}b$`), bytes(`${".*a".repeat(30)}$`)]);
    const wide = new Masks([bytes(`.*a${".".repeat(400)}b$`)]);
    expect(wide.matches(Buffer.alloc(65_536, "a"))).toBe(false);
    expect(quick.matches(Buffer.alloc(65_536, "a"))).toBe(true);
    expect(quick.matches(Buffer.concat([Buffer.alloc(65_536, "a"), bytes("c")]))).toBe(false);
  });
});
