import type { Clock } from "@keywire/shared";
import { expect, it } from "vitest";
import { readProgress } from "./progress.js";
import { Successions } from "./successions.js";

const PENDING = readProgress('{"from":"1-0","pending":["2-0"]}');

it("waits for who has records under way, and no longer where the clock is set back meanwhile", () => {
  let now = 1_000_000;
  const successions = new Successions({ now: () => now } as Clock);
  expect(successions.awaits("a", readProgress('{"from":"1-0"}'))).toBe(false);
  expect(successions.awaits("a", PENDING)).toBe(true);
  now += 1_900;
  expect(successions.awaits("a", PENDING)).toBe(true);
  now -= 900_000;
  expect(successions.awaits("a", PENDING)).toBe(false);
  expect(successions.isEmpty).toBe(true);
});
