import { expect, it } from "vitest";
import { wishes } from "./clients/wishes.js";
import { Random } from "./random.js";
import { clientSteps, STEP_KINDS, steps } from "./schedule.js";

function take<T>(from: Generator<T, void>, count: number): T[] {
  return Array.from({ length: count }, () => from.next().value).filter(
    (step) => step !== undefined,
  );
}

it("the same seed makes the same schedule, another seed another one", () => {
  const schedule = (seed: number) => {
    const random = new Random(seed);
    return JSON.stringify([
      Array.from({ length: 20 }, () => wishes(random)),
      take(steps(random), 50),
      take(clientSteps(random), 50),
    ]);
  };
  expect(schedule(7)).toBe(schedule(7));
  expect(schedule(7)).not.toBe(schedule(8));
});

it("every kind of fault comes before any comes twice as often", () => {
  const round = take(steps(new Random(1)), 13).map(({ kind }) => kind);
  expect(new Set(round).size).toBe(12);
  const next = take(steps(new Random(1)), 26).map(({ kind }) => kind);
  expect([...next.slice(13)].sort()).toEqual([...round].sort());
});

it("can be narrowed to some kinds, or to none", () => {
  const kinds = take(steps(new Random(1), ["freeze", "clients"]), 5).map(({ kind }) => kind);
  expect(kinds).toEqual(Array(5).fill("freeze"));
  expect(take(clientSteps(new Random(1), ["freeze", "clients"]), 5)).toHaveLength(5);
  expect(take(clientSteps(new Random(1), ["freeze"]), 5)).toEqual([]);
  expect(take(steps(new Random(1), ["clients"]), 5)).toEqual([]);
  expect([...STEP_KINDS].sort()).toEqual(
    [...new Set(take(steps(new Random(1)), 50).map(({ kind }) => kind))].sort(),
  );
});

it("a fork draws without changing what others draw", () => {
  const alone = new Random(3);
  alone.fork();
  const beside = new Random(3);
  const fork = beside.fork();
  for (let n = 0; n < 10; n++) fork.next();
  expect(beside.next()).toBe(alone.next());
});
