import { describe, expect, it } from "vitest";
import { rowForKey } from "./grid-keys.js";

describe("rowForKey", () => {
  it("moves by one, by what is in sight less one, and to either end", () => {
    const from = (key: string) => rowForKey(key, 50, 11, 100);
    expect(["ArrowDown", "ArrowUp", "PageDown", "PageUp", "Home", "End"].map(from)).toEqual([
      51, 49, 60, 40, 0, 99,
    ]);
  });

  it("stays within the list", () => {
    expect(rowForKey("ArrowUp", 0, 10, 5)).toBe(0);
    expect(rowForKey("PageDown", 4, 10, 5)).toBe(4);
  });

  it("starts with the newest row", () => {
    expect(rowForKey("ArrowDown", -1, 10, 5)).toBe(0);
    expect(rowForKey("End", -1, 10, 5)).toBe(4);
  });

  it("leaves other keys and empty lists alone", () => {
    expect(rowForKey("a", 0, 10, 5)).toBeNull();
    expect(rowForKey("ArrowDown", -1, 10, 0)).toBeNull();
  });
});
