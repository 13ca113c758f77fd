import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Places, placeOf, readPlaces } from "./cursor.js";

const epoch = fc.stringMatching(/^[0-9a-z-]{1,24}$/);
const offset = fc.nat(2 ** 31);

describe("a cursor over channels", () => {
  it("gives each channel its place back, and others none", () => {
    const moves = fc.array(fc.tuple(fc.string({ unit: "binary" }), epoch, offset), {
      minLength: 1,
      maxLength: 40,
      size: "max",
    });
    fc.assert(
      fc.property(moves, fc.string(), (all, other) => {
        const places = new Places();
        const expected = new Map<string, unknown>();
        for (const [channel, at, to] of all) {
          places.move(channel, { epoch: at, offset: to });
          expected.set(channel, { epoch: at, offset: to });
        }
        const placeIn = readPlaces(places.toString());
        for (const [channel, place] of expected) expect(placeIn(channel)).toEqual(place);
        if (!expected.has(other)) expect(placeIn(other)).toBeUndefined();
      }),
    );
  });

  it("forgets the channels that were left", () => {
    const places = new Places();
    places.move("key:a", { epoch: "e", offset: 1 });
    places.move("key:b", { epoch: "e", offset: 2 });
    places.leave("key:a");
    expect(places.size).toBe(1);
    expect(places.toString()).toBe(placeOf("key:b", "e", 2));
  });

  it("of one channel is that channel's place, so that all streams of it share their bytes", () => {
    const places = new Places();
    places.move("key:a", { epoch: "e-1-2", offset: 7 });
    expect(places.toString()).toBe(placeOf("key:a", "e-1-2", 7));
  });

  it.each([
    "nonsense",
    "a.b",
    "a.b.c",
    "a.b.-1",
    "A.b.1",
    "a.b.1,",
    ",",
    "a.b.99999999999999999999",
  ])("that nobody here wrote is a place that nobody knows, so that a gap says so: %s", (text) => {
    expect(readPlaces(text)("key:a")).toEqual({ epoch: "", offset: 0 });
  });

  it("holds 128 channels in a header", () => {
    const places = new Places();
    for (let index = 0; index < 128; index++) {
      places.move(`key:${index}`, { epoch: "8f3a9c1d-mppy1i4g-zzz", offset: 10_000_000 });
    }
    expect(places.toString().length).toBeLessThan(6_000);
  });
});
