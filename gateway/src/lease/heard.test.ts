import { expect, it } from "vitest";
import { Heard } from "./heard.js";

it("says what had come before an event did", () => {
  const heard = new Heard();
  expect([heard.until, heard.before(1_000)]).toEqual([undefined, undefined]);
  heard.note(1_000, 900);
  heard.note(2_000, 1_900);
  expect(heard.until).toBe(1_900);
  expect([1_000, 1_001, 2_000, 2_001].map((time) => heard.before(time))).toEqual([
    undefined,
    900,
    900,
    1_900,
  ]);
});

it("keeps what is needed for the oldest event that is asked about", () => {
  const heard = new Heard();
  for (const at of [1_000, 2_000, 3_000]) heard.note(at, at - 100);
  heard.forgetBefore(2_500);
  expect(heard.before(2_500)).toBe(1_900);
  expect(heard.before(1_500)).toBeUndefined();
});

it("knows less of what is long ago, and nothing that is not true", () => {
  const heard = new Heard();
  for (let at = 1_000; at <= 1_000_000; at += 1_000) heard.note(at, at - 100);
  for (const time of [1_500, 400_500, 999_500]) {
    const before = heard.before(time) ?? Number.NaN;
    expect(before).toBeGreaterThanOrEqual(900);
    expect(before).toBeLessThanOrEqual(time);
  }
  expect(heard.before(1_000_500)).toBe(999_900);
});
