import { SLOTS, slotOf } from "@keywire/shared";
import fc from "fast-check";
import { expect, it } from "vitest";
import { guardChannel, guardedSlot, watchChannel } from "./guard-channel.js";

it("names a channel in each slot, and knows which slot it guards", () => {
  fc.assert(
    fc.property(fc.nat({ max: SLOTS - 1 }), (slot) => {
      const channel = guardChannel(slot);
      expect(slotOf(Buffer.from(channel))).toBe(slot);
      expect(guardedSlot(channel)).toBe(slot);
      expect(guardChannel(slot)).toBe(channel);
    }),
  );
});

it("finds a channel to watch in however few slots, and none where there are none", () => {
  const channel = watchChannel([[7_000, 7_000]]);
  expect(slotOf(Buffer.from(channel ?? ""))).toBe(7_000);
  expect(guardedSlot(channel ?? "")).toBeUndefined();
  expect(watchChannel([])).toBeUndefined();
});
