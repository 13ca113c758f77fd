import { describe, expect, it } from "vitest";
import { slotOf } from "./slot.js";

const slot = (key: string) => slotOf(Buffer.from(key));

describe("slotOf", () => {
  it("agrees with the cluster specification's check value", () => {
    expect(slot("123456789")).toBe(0x31c3 % 16_384);
  });

  it("hashes only a hash tag that is closed and not empty", () => {
    expect(slot("{user1000}.following")).toBe(slot("user1000"));
    expect(slot("foo{}{bar}")).not.toBe(slot("bar"));
    expect(slot("foo{{bar}}zap")).toBe(slot("{bar"));
    expect(slot("foo{bar}{zap}")).toBe(slot("bar"));
    expect(slot("foo{bar")).not.toBe(slot("bar"));
  });

  it("takes the empty key and any byte", () => {
    expect(slot("")).toBe(0);
    expect(slotOf(Uint8Array.of(0, 255, 10))).toBeLessThan(16_384);
  });
});
