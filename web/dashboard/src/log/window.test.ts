import { describe, expect, it } from "vitest";
import { MOST_DRAWN, OVERSCAN, scrollToRow, visibleRows } from "./window.js";

const view = { top: 0, height: 280, rowHeight: 28 };

describe("visibleRows", () => {
  it("draws what is in sight and a few more, however long the list", () => {
    expect(visibleRows(view, 10_000)).toEqual({ first: 0, count: 10 + OVERSCAN });
    expect(visibleRows({ ...view, top: 28 * 5_000 }, 10_000)).toEqual({
      first: 5_000 - OVERSCAN,
      count: 10 + 2 * OVERSCAN,
    });
  });

  it("draws rows that are in sight in part", () => {
    const { first, count } = visibleRows({ ...view, top: 28 * 100 + 1 }, 10_000);
    expect(first).toBe(100 - OVERSCAN);
    expect(first + count).toBe(111 + OVERSCAN);
  });

  it("ends with the list, also where the list has shrunk above the scroll position", () => {
    expect(visibleRows(view, 3)).toEqual({ first: 0, count: 3 });
    expect(visibleRows(view, 0)).toEqual({ first: 0, count: 0 });
    expect(visibleRows({ ...view, top: 28_000 }, 3)).toEqual({ first: 3, count: 0 });
  });

  it("draws no more than a bound, whatever height it is told", () => {
    expect(visibleRows({ ...view, height: 280_000 }, 10_000).count).toBe(MOST_DRAWN);
  });

  it("takes the rubber band above the top for the top", () => {
    expect(visibleRows({ ...view, top: -90 }, 100).first).toBe(0);
  });
});

describe("scrollToRow", () => {
  const down = { ...view, top: 280 };
  it("moves as little as shows the row whole", () => {
    expect(scrollToRow(down, 3)).toBe(84);
    expect(scrollToRow(down, 10)).toBe(280);
    expect(scrollToRow(down, 19)).toBe(280);
    expect(scrollToRow(down, 20)).toBe(308);
  });
});
