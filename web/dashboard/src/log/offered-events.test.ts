import { describe, expect, it } from "vitest";
import { MOST_OFFERED, offeredEvents } from "./offered-events.js";

const many = new Map(Array.from({ length: 100 }, (_, index) => [`e${index}`, index + 1]));

describe("offeredEvents", () => {
  it("offers what came up, in that order, and what is chosen behind it", () => {
    const counts = new Map([
      ["set", 2],
      ["del", 9],
    ]);
    expect(offeredEvents(counts, new Set(["expired", "set"]))).toEqual([
      ["set", 2],
      ["del", 9],
      ["expired", 0],
    ]);
  });

  it("offers the busiest where there are too many, still in their order", () => {
    const offered = offeredEvents(many, new Set());
    expect(offered.length).toBe(MOST_OFFERED);
    expect(offered[0]).toEqual(["e76", 77]);
    expect(offered.at(-1)).toEqual(["e99", 100]);
  });

  it("never withholds a chosen one", () => {
    const offered = offeredEvents(many, new Set(["e0", "gone"]));
    expect(offered.map(([event]) => event)).toEqual(expect.arrayContaining(["e0", "gone"]));
    expect(offered.length).toBe(MOST_OFFERED);
  });
});
