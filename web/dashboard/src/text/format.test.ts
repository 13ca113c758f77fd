import { describe, expect, it } from "vitest";
import { bytes, clockTime, count, counted, duration, millis, moment, short } from "./format.js";

describe("clockTime", () => {
  it("is the local time of day to the ms", () => {
    expect(clockTime(new Date(2026, 5, 1, 4, 3, 2, 7).getTime())).toBe("04:03:02.007");
    expect(clockTime(new Date(2026, 5, 1, 23, 59, 59, 999).getTime())).toBe("23:59:59.999");
  });
});

describe("moment", () => {
  it("has a date where that is not today's", () => {
    const [then, later] = [new Date(2026, 5, 1, 4, 3, 2, 7), new Date(2026, 5, 2, 0, 0, 0)];
    expect(moment(then.getTime(), then.getTime())).toBe("04:03:02.007");
    expect(moment(then.getTime(), later.getTime())).toBe("2026-06-01 04:03:02");
  });
});

describe("numbers", () => {
  it("keep their thousands apart", () => {
    expect(count(1_234_567)).toBe("1,234,567");
  });

  it("become short where room is little", () => {
    expect([short(9_999), short(12_345), short(1_200_000)]).toEqual(["9,999", "12.3K", "1.2M"]);
  });

  it("agree with their noun", () => {
    expect([counted(1, "node"), counted(0, "node"), counted(2_000, "row")]).toEqual([
      "1 node",
      "0 nodes",
      "2,000 rows",
    ]);
  });
});

describe("duration", () => {
  it.each([
    [-3, "0 ms"],
    [850, "850 ms"],
    [3_040, "3.0 s"],
    [59_900, "59 s"],
    [60_000, "1 min"],
    [192_000, "3 min 12 s"],
    [11_520_000, "3 h 12 min"],
    [187_200_000, "2 d 4 h"],
  ])("%d ms is %s", (ms, text) => {
    expect(duration(ms)).toBe(text);
  });
});

describe("bytes", () => {
  it.each([
    [0, "0 B"],
    [1_023, "1023 B"],
    [1_536, "1.5 KiB"],
    [200_000, "195 KiB"],
    [5_242_880, "5.0 MiB"],
  ])("%d is %s", (number, text) => {
    expect(bytes(number)).toBe(text);
  });
});

describe("millis", () => {
  it.each([
    [0, "0 ms"],
    [0.0421, "0.042 ms"],
    [1.834, "1.83 ms"],
    [63.04, "63.0 ms"],
    [1_204.4, "1,204 ms"],
    [12_380, "12.4 s"],
  ])("%d ms is %s", (ms, text) => {
    expect(millis(ms)).toBe(text);
  });
});
