import { describe, expect, it } from "vitest";
import { Rates } from "./rates.js";

const START = 1_780_000_000_000;

describe("Rates", () => {
  it("counts whole seconds and leaves out the one under way", () => {
    const rates = new Rates(3);
    rates.add(START);
    rates.add(START + 999);
    rates.add(START + 1_000, 5);
    expect(rates.series(START + 1_500).counts).toEqual([0, 0, 2]);
    expect(rates.series(START + 2_000)).toEqual({
      seconds: [START / 1_000 - 1, START / 1_000, START / 1_000 + 1],
      counts: [0, 2, 5],
    });
  });

  it("forgets what the window has left behind", () => {
    const rates = new Rates(3);
    rates.add(START, 7);
    expect(rates.series(START + 3_000).counts).toEqual([7, 0, 0]);
    expect(rates.series(START + 4_000).counts).toEqual([0, 0, 0]);
  });

  it("shows silence, not old counts, after a long sleep", () => {
    const rates = new Rates(3);
    for (let second = 0; second < 10; second++) rates.add(START + second * 1_000, 9);
    expect(rates.series(START + 3_600_000).counts).toEqual([0, 0, 0]);
    expect(rates.last(START + 3_600_000)).toBe(0);
  });

  it("tells the last second and the busiest one", () => {
    const rates = new Rates(10);
    rates.add(START, 40);
    rates.add(START + 1_000, 12);
    expect(rates.last(START + 2_100)).toBe(12);
    expect(rates.peak(START + 2_100)).toBe(40);
  });

  it("loses nothing when the clock is set back", () => {
    const rates = new Rates(5);
    rates.add(START + 2_000);
    rates.add(START - 60_000);
    expect(rates.series(START + 3_000).counts.at(-1)).toBe(2);
  });
});
