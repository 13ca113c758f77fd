import { describe, expect, it } from "vitest";
import { roundBelow } from "./round-below.js";

describe("roundBelow", () => {
  it.each([
    [0, 1],
    [1, 1],
    [2.9, 2],
    [4.4, 4],
    [17, 15],
    [29, 25],
    [563.7, 500],
    [999, 800],
    [1_000, 1_000],
  ])("marks an axis that ends at %d with %d", (limit, round) => {
    expect(roundBelow(limit)).toBe(round);
  });

  it("is whole, so that no event is ever cut in two", () => {
    for (let limit = 0; limit < 200; limit += 0.1) {
      expect(Number.isInteger(roundBelow(limit))).toBe(true);
    }
  });
});
