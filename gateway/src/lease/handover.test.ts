import { expect, it } from "vitest";
import { Handover } from "./handover.js";
import { Places } from "./places.js";

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

it("says that more is to be handed out where another one takes a fence's place", () => {
  const handover = new Handover(0);
  const places = new Places("a");
  handover.raise("a", "first");
  expect(handover.raised(places, "first", places.raise("first", true))).toBe(false);
  handover.forget("a");
  handover.raise("a", "second");
  expect(handover.raised(places, "third", places.current)).toBe(false);
  const segment = places.raise("second", true);
  expect(handover.raised(places, "second", segment)).toBe(true);
  expect(handover.stops.get(places)).toBe(segment);
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
