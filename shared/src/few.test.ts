import fc from "fast-check";
import { expect, it } from "vitest";
import {
  countOf,
  type Few,
  isAmong,
  listOf,
  soleOf,
  visitEach,
  withNone,
  withOne,
  withoutOne,
} from "./few.js";

interface Item {
  readonly name: string;
}

const ITEMS: readonly Item[] = ["a", "b", "c"].map((name) => ({ name }));

function listed(few: Few<Item>): Item[] {
  const all: Item[] = [];
  visitEach(few, (item) => all.push(item));
  return all;
}

it("is a set, whatever comes and goes", () => {
  const steps = fc.array(fc.tuple(fc.boolean(), fc.constantFrom(...ITEMS)), { maxLength: 20 });
  fc.assert(
    fc.property(steps, (all) => {
      const set = new Set<Item>();
      let few: Few<Item>;
      for (const [comes, item] of all) {
        few = comes ? withOne(few, item) : withoutOne(few, item);
        if (comes) set.add(item);
        else set.delete(item);
        expect(listed(few)).toEqual([...set]);
        expect(listOf(few)).toEqual([...set]);
        expect(countOf(few)).toBe(set.size);
        for (const one of ITEMS) expect(isAmong(few, one)).toBe(set.has(one));
      }
    }),
  );
});

it("of one is that one", () => {
  const [a] = ITEMS;
  if (a === undefined) throw new Error("there is none");
  expect(withOne(undefined, a)).toBe(a);
  expect(withOne(withOne(undefined, a), a)).toBe(a);
});

it("knows its only one, though not where there were more before", () => {
  const [a, b] = ITEMS;
  if (a === undefined || b === undefined) throw new Error("there are too few");
  const both = withOne(withOne(undefined, a), b);
  expect([soleOf(undefined), soleOf(withOne(undefined, a)), soleOf(both)]).toEqual([
    undefined,
    a,
    undefined,
  ]);
  const rest = withoutOne(both, b);
  expect([soleOf(rest), listOf(rest)]).toEqual([undefined, [a]]);
  expect(soleOf(withOne(withoutOne(rest, a), b))).toBe(b);
});

it("leaves out who goes while the others are visited", () => {
  let few: Few<Item>;
  for (const item of ITEMS) few = withOne(few, item);
  const visited: string[] = [];
  visitEach(few, ({ name }) => {
    visited.push(name);
    for (const item of ITEMS) if (item.name === "b") few = withoutOne(few, item);
  });
  expect(visited).toEqual(["a", "c"]);
});

it("ends a visit where it is emptied", () => {
  let few: Few<Item>;
  for (const item of ITEMS) few = withOne(few, item);
  const visited: string[] = [];
  visitEach(few, ({ name }) => {
    visited.push(name);
    few = withNone(few);
  });
  expect([visited, few]).toEqual([["a"], undefined]);
});
