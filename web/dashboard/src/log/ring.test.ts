import { describe, expect, it } from "vitest";
import { Ring } from "./ring.js";

function filled(capacity: number, count: number): Ring<number> {
  const ring = new Ring<number>(capacity);
  for (let item = 0; item < count; item++) ring.push(item);
  return ring;
}

describe("Ring", () => {
  it("keeps everything up to its capacity, oldest first", () => {
    expect([...filled(4, 3)]).toEqual([0, 1, 2]);
    expect([...filled(4, 4)]).toEqual([0, 1, 2, 3]);
  });

  it("keeps the newest past its capacity, however often it wrapped", () => {
    for (const count of [5, 7, 8, 9, 23]) {
      const ring = filled(4, count);
      expect([...ring]).toEqual([count - 4, count - 3, count - 2, count - 1]);
      expect(ring.size).toBe(4);
    }
  });

  it("answers what it dropped", () => {
    const ring = filled(2, 2);
    expect(ring.push(2)).toBe(0);
    expect(ring.push(3)).toBe(1);
    expect(filled(2, 1).push(9)).toBeUndefined();
  });

  it("is read from either end", () => {
    const ring = filled(3, 5);
    expect([ring.at(0), ring.at(2), ring.at(3), ring.at(-1)]).toEqual([2, 4, undefined, undefined]);
    expect([ring.fromNewest(0), ring.fromNewest(2), ring.fromNewest(3)]).toEqual([4, 2, undefined]);
  });

  it("gives up its oldest item on demand, and takes new ones in its place", () => {
    const ring = filled(3, 5);
    expect(ring.shift()).toBe(2);
    expect([...ring]).toEqual([3, 4]);
    expect(ring.push(5)).toBeUndefined();
    expect([...ring]).toEqual([3, 4, 5]);
    expect([ring.shift(), ring.shift(), ring.shift(), ring.shift()]).toEqual([3, 4, 5, undefined]);
  });

  it("starts afresh when cleared", () => {
    const ring = filled(3, 5);
    ring.clear();
    expect([...ring]).toEqual([]);
    ring.push(7);
    expect([...ring]).toEqual([7]);
  });
});
