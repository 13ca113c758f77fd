import { expect, it } from "vitest";
import { Story } from "./testing/story.js";

it("counts all that a small fallback has no room for, and sends the rest, copies of what is under way included", async () => {
  const story = new Story({ fallbackSize: 12, fallbackPolicy: "drop_oldest" });
  story.raise(30);
  await story.clock.advance(200);
  expect(story.arrived()).toHaveLength(30);
  story.broker.state = "frozen";
  // Under way, and never confirmed; behind them what waits longer than it may.
  story.raise(18);
  await story.clock.advance(1_500);
  story.raise(2);
  await story.clock.advance(1_500);
  story.broker.cut(() => false);
  story.broker.state = "up";
  await story.clock.advance(60_000);
  const gone = story.raised - new Set(story.arrived()).size;
  expect(gone).toBeGreaterThan(0);
  expect(story.lost()).toBeGreaterThanOrEqual(gone);
  expect(story.redis.length).toBe(0);
});

it("what has arrived by the time that it finds no room is not counted as lost", async () => {
  const story = new Story({ fallbackSize: 10, fallbackPolicy: "drop_newest" });
  story.raise(100);
  await story.clock.advance(100);
  story.broker.state = "frozen";

  story.raise(20);
  await story.clock.advance(100);
  story.redis.state = "away";
  // New events are in the batch as well: they found no room, and are lost.
  story.raise(3);
  await story.clock.advance(3_000);
  story.broker.thaw();
  await story.clock.advance(1_000);
  story.redis.state = "up";
  await story.clock.advance(20_000);
  expect(story.arrived().length + story.lost()).toBe(123);
  expect(story.repeated()).toBe(0);
  await story.close();
});
