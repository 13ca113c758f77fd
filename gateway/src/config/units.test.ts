import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDuration, formatSize, parseDuration, parseSize } from "./units.js";

describe("durations", () => {
  it.each([
    ["15", 15_000],
    ["15s", 15_000],
    ["500ms", 500],
    ["1m", 60_000],
    ["1.5m", 90_000],
    ["0.5", 500],
    ["2h", 7_200_000],
    ["1d", 86_400_000],
    ["3 s", 3_000],
    ["0", 0],
  ])("%s is %d ms", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(["", "s", "-1s", "+1s", "1sec", "1 5", "1e3", "0x10", "15s30", " 15", "٣", "Infinity"])(
    "%j is none",
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  it("what is written is read back", () => {
    fc.assert(
      fc.property(fc.nat(10 ** 10), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
  });
});

describe("sizes", () => {
  it.each([
    ["1048576", 1_048_576],
    ["1MiB", 1_048_576],
    ["1.5 KiB", 1_536],
    ["64kib", 65_536],
    ["10B", 10],
    ["1GiB", 2 ** 30],
  ])("%s is %d bytes", (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  // KB and MB mean 1000 to some and 1024 to others.
  it.each(["1KB", "1MB", "1K", "-1", "MiB", ""])("%j is none", (text) => {
    expect(parseSize(text)).toBeUndefined();
  });

  it("what is written is read back", () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31), (bytes) => {
        expect(parseSize(formatSize(bytes))).toBe(bytes);
      }),
    );
  });
});
