import { expect, it } from "vitest";
import { sparingWarnings } from "./sparing.js";

it("says the same once a minute, and another reason at once", () => {
  const lines: string[] = [];
  let now = 0;
  const warn = sparingWarnings(
    { warn: (what) => void lines.push(`${now / 1_000} ${what}`) },
    () => {
      return now;
    },
  );
  for (; now < 100_000; now += 250) warn("unread", new Error(now < 80_000 ? "NOPERM" : "LOADING"));
  warn("unheard", new Error("LOADING"));
  expect(lines).toEqual(["0 unread", "60 unread", "80 unread", "100 unheard"]);
});
