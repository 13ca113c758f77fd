import { expect, it } from "vitest";
import { Patience } from "./patience.js";

/** Waits that take so many ms each. @returns how many of them were spun for */
function wait(patience: Patience, count: number, ms: number): number {
  let spun = 0;
  for (let i = 0; i < count; i++) {
    const { spin } = patience;
    if (spin === 0) continue;
    spun++;
    patience.spun(ms <= spin);
  }
  return spun;
}

it("spins where replies come at once", () => {
  expect(wait(new Patience(2), 1_000, 0.1)).toBe(1_000);
});

it("sleeps where they do not, and tries again now and then", () => {
  const patience = new Patience(2);
  expect(wait(patience, 1_000, 5)).toBeLessThan(50);
  expect(wait(patience, 1_000, 5)).toBeLessThan(35);
  expect(wait(patience, 1_000, 5)).toBeGreaterThan(20);
});

it("takes one late reply for what it is", () => {
  const patience = new Patience(2);
  wait(patience, 100, 0.1);
  wait(patience, 1, 5_000);
  expect(wait(patience, 100, 0.1)).toBe(100);
});

it("comes back to it when replies are quick again", () => {
  const patience = new Patience(2);
  wait(patience, 1_000, 50);
  wait(patience, 100, 0.1);
  expect(wait(patience, 100, 0.1)).toBe(100);
});

it("never spins on a single core", () => {
  expect(wait(new Patience(1), 1_000, 0.1)).toBe(0);
});
