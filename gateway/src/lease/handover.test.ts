import { expect, it } from "vitest";
import { Handover } from "./handover.js";

it("raises another fence where one could not be raised", () => {
  const handover = new Handover(0);
  handover.raise("a", "first");
  handover.forget("a");
  expect(handover.has("a")).toBe(false);
  handover.raise("a", "second");
  // Should the first one come after all, it is nobody's.
  expect(handover.passed("a", "first")).toBe(false);
  expect(handover.passed("a", "second")).toBe(true);
  expect(handover.boundary([]).fences).toEqual(["second"]);
});

it("keeps one that has come by, whatever became of the answer", () => {
  const handover = new Handover(0);
  handover.raise("a", "first");
  handover.passed("a", "first");
  handover.forget("a");
  expect(handover.has("a")).toBe(true);
  expect(handover.isDrawn([{ id: "a" }])).toBe(true);
  expect(handover.boundary([]).fences).toEqual(["first"]);
});
