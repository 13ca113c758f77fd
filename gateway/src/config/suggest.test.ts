import fc from "fast-check";
import { expect, it } from "vitest";
import { didYouMean, editDistance } from "./suggest.js";

it.each([
  ["kitten", "sitting", 3],
  ["redis", "reids", 1],
  ["", "abc", 3],
  ["same", "same", 0],
])("from %j to %j it takes %d edits", (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance);
});

it("distance is symmetric, zero for equals alone, at most the longer length", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
      const distance = editDistance(a, b);
      expect(distance).toBe(editDistance(b, a));
      expect(distance === 0).toBe(a === b);
      expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
    }),
  );
});

it("suggests what is near, and nothing else", () => {
  const candidates = ["KEYWIRE_REDIS", "KEYWIRE_PORT"];
  expect(didYouMean("KEYWIRE_REDSI", candidates)).toBe("; did you mean KEYWIRE_REDIS?");
  expect(didYouMean("keywire_port", candidates)).toBe("; did you mean KEYWIRE_PORT?");
  expect(didYouMean("KEYWIRE_SOMETHING_ELSE_ENTIRELY", candidates)).toBe("");
});
